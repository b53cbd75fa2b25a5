# One image for engine and dashboard; which of them runs is the command.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY sensors sensors
COPY ingest ingest
COPY alerts alerts
COPY playbooks playbooks
COPY strongroom strongroom
COPY dashboard dashboard
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home strongroom && install -d -o strongroom /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 STRONGROOM_DATA=/data
USER strongroom
VOLUME /data
ENTRYPOINT ["strongroom"]
CMD ["--help"]
