# ruff: noqa: S608 - InfluxQL has no parameters on every version; names are escaped by _WORD
"""The series store in InfluxDB: our own synchronous batches in, InfluxQL on ``/query`` out.

Versions 1.8, 2.x and 3.x all take ``/api/v2/write`` and answer ``/query`` (Flux, the other language, is not
in 3.x: https://docs.influxdata.com/influxdb3/core/reference/influxql/). One measurement ``reading`` with the
tag ``sensor`` and the fields ``value``, ``quality`` (position in :data:`ingest.series.QUALITIES`), ``delay``
(s) and, where there is one, ``raw`` and ``drill``. InfluxDB folds points of equal tag and time, so that
sending twice changes nothing.
"""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import msgspec
import numpy as np
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from msgspec import Struct

from ingest.series import (
    MICRO,
    QUALITIES,
    QUALITY_CODE,
    TRUSTED,
    Coverage,
    SeriesDownError,
    SeriesError,
    SeriesRefusedError,
    Stats,
    Window,
    check,
    coverage_of,
    delay_s,
    micros,
)
from sensors.model import Reading

T = TypeVar("T")

# The client's own annotations are partial.
_CLIENT: Any = InfluxDBClient
_WRITER: Any = WriteService

_PAGE = 20_000  # rows asked for at a time
_MOST_BYTES = 64_000_000  # of one answer: a page is some 2 MB
_STRANGE = (KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError)
_TAG = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})
_TEXT = str.maketrans({"\\": r"\\", '"': r"\""})
_WORD = str.maketrans({"\\": r"\\", "'": r"\'"})
_NEVER = {400, 413, 422}  # the server read the batch and will not take it


class InfluxAddress(Struct, frozen=True, kw_only=True):
    """Where the store is. ``bucket`` is the database in 1.x and 3.x; ``token`` is "user:password" for 1.8.

    ``ca_file`` verifies a server with a certificate of the house's own authority; verification cannot be
    turned off.
    """

    url: str
    bucket: str
    org: str = ""
    token: str = ""
    ca_file: str = ""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        token = "set" if self.token else "none"
        return f"InfluxAddress({self.url}, bucket {self.bucket}, org {self.org}, token {token})"


class _Row(Struct):
    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []


class _Result(Struct):
    series: list[_Row] = []
    error: str = ""


class _Answer(Struct):
    results: list[_Result] = []
    error: str = ""


class InfluxSeries:
    """The store at ``address``. Nothing is sent before the first call; each call is tried once, with a
    time-out.
    """

    def __init__(self, address: InfluxAddress) -> None:
        if re.search(r"[\x00-\x1f\"\\]", address.bucket) or not address.bucket:
            raise SeriesError(
                f"the bucket's name {address.bucket!r} must be plain words without quotation marks"
            )
        self._address = address
        self._ready = False
        self._client = _CLIENT(
            url=address.url,
            token=address.token or "none",
            org=address.org or "-",
            timeout=int(address.timeout_s * 1000),
            retries=urllib3.Retry(0),
            enable_gzip=True,
            ssl_ca_cert=address.ca_file or None,
        )
        self._writer = _WRITER(self._client.api_client)
        self._http = httpx.Client(
            base_url=address.url,
            timeout=address.timeout_s,
            headers={"Authorization": f"Token {address.token}"} if address.token else {},
            verify=ssl.create_default_context(cafile=address.ca_file or None),
            trust_env=False,
        )

    # --- writing -------------------------------------------------------------------------------------

    def write(self, readings: Sequence[Reading]) -> None:
        """Send all of them as one batch and wait for the answer 204."""
        check(readings)
        body = "\n".join(_line(reading) for reading in readings)
        if not body:
            return
        if not self._ready:
            self.prepare()
        status = self._told(
            lambda: self._writer.post_write_with_http_info(
                org=self._address.org or "-",
                bucket=self._address.bucket,
                body=body.encode(),
                precision="us",
            )[1]
        )
        if status != 204:
            raise SeriesDownError(f"{self._address.url} answered {status} to a write; InfluxDB answers 204")

    def prepare(self) -> None:
        """Make sure that the bucket is there, creating it where the token may; says clearly what is
        missing.
        """
        version = self._version()
        bucket = self._address.bucket
        if version.startswith("1."):
            with self._sense():
                known = [row[0] for found in self._query("SHOW DATABASES", db=False) for row in found.values]
            if bucket not in known:
                self._query(f'CREATE DATABASE "{bucket}"', db=False, post=True)
        elif version.startswith("2."):
            self._told(self._make_bucket)
        # From 3.x on the first write creates the database.
        self._ready = True

    def _make_bucket(self) -> None:
        buckets = self._client.buckets_api()
        if buckets.find_bucket_by_name(self._address.bucket) is None:
            buckets.create_bucket(bucket_name=self._address.bucket, org=self._address.org)

    def _version(self) -> str:
        headers, _ = self._get("/ping", {}, post=False)
        version = str(headers.get("X-Influxdb-Version", "")).lstrip("v")
        if not version:
            raise SeriesDownError(
                f"{self._address.url} answers, but does not say it is InfluxDB; check the address and port"
            )
        return version

    def _told(self, call: Callable[[], T]) -> T:
        """The client's errors in the words of the seam."""
        try:
            return call()
        except ApiException as error:
            raise self._said(int(error.status or 0), str(error.body or error.reason or "")) from error
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._unreached(error) from error
        except _STRANGE as error:  # the client takes what it is told for what it asked
            raise self._strange(error) from error

    def _strange(self, error: Exception) -> SeriesDownError:
        """An answer in the right form with something else in it."""
        words = f"{self._address.url} answered with something else than InfluxDB does: {type(error).__name__}"
        return SeriesDownError(f"{words}: {_short(str(error))}")

    @contextmanager
    def _sense(self) -> Iterator[None]:
        """What does not make sense where it is read."""
        try:
            yield
        except _STRANGE as error:
            raise self._strange(error) from error

    def _unreached(self, error: Exception) -> SeriesDownError:
        """No answer at all: why, and for the two usual mistakes with TLS what to do."""
        self._ready = False
        where, words = self._address.url, _short(str(error) or type(error).__name__)
        if "CERTIFICATE_VERIFY_FAILED" in words:
            return SeriesDownError(
                f"{where}: its certificate is not trusted here or names another host; let the authority that signed it "
                f"into this machine's store (update-ca-certificates), or correct the address: {words}"
            )
        if "SSL" in words:
            return SeriesDownError(
                f"{where}: no TLS is spoken at this address; write http:// or the port that speaks TLS: {words}"
            )
        return SeriesDownError(f"{where}: {words}")

    def _said(self, status: int, words: str) -> SeriesError:
        where, bucket, words = self._address.url, self._address.bucket, _short(words)
        self._ready = self._ready and status in _NEVER
        if status in _NEVER:
            return SeriesRefusedError(f"{where} refused the batch ({status}): {words}")
        if status in {401, 403}:
            return SeriesDownError(
                f"{where} does not let this token use bucket {bucket!r} of organisation "
                f"{self._address.org!r} ({status}); give it read and write access there, and the right to "
                f"create the bucket if it is new: {words}"
            )
        if status == 404:
            return SeriesDownError(
                f"{where} knows no bucket {bucket!r} or organisation {self._address.org!r} (404); create "
                f"them or correct the names. On 2.x, reading also needs a DBRP mapping "
                f"(influx v1 dbrp create): {words}"
            )
        return SeriesDownError(f"{where} answered {status}: {words}")

    # --- reading -------------------------------------------------------------------------------------

    def _get(self, path: str, parameters: dict[str, str], *, post: bool) -> tuple[httpx.Headers, bytes]:
        try:
            with self._http.stream("POST" if post else "GET", path, params=parameters) as answer:
                content = bytearray()
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise SeriesDownError(
                            f"{self._address.url} answers without end; this is not InfluxDB"
                        )
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        if answer.status_code >= 300:
            said = self._said(answer.status_code, content.decode("utf-8", "replace"))
            raise SeriesDownError(str(said)) if isinstance(said, SeriesRefusedError) else said
        return answer.headers, bytes(content)

    def _query(self, query: str, *, db: bool = True, post: bool = False) -> list[_Row]:
        parameters = {"q": query, "epoch": "u"}
        if db:
            parameters["db"] = self._address.bucket
        _, content = self._get("/query", parameters, post=post)
        try:
            found = msgspec.json.decode(content, type=_Answer)
        except msgspec.MsgspecError as error:
            raise SeriesDownError(
                f"{self._address.url} answered a query with something else: {error}"
            ) from error
        wrong = found.error or next((result.error for result in found.results if result.error), "")
        if wrong and "database not found" in wrong:
            return []  # nothing was written yet
        if wrong:
            raise SeriesDownError(f"{self._address.url} refused a query: {_short(wrong)}")
        return [row for result in found.results for row in result.series]

    def sensors(self) -> list[str]:
        """Every sensor that ever wrote here, in alphabetical order."""
        with self._sense():
            return sorted(
                str(pair[1])
                for row in self._query('SHOW TAG VALUES FROM "reading" WITH KEY = "sensor"')
                for pair in row.values
            )

    def latest(self) -> dict[str, Reading]:
        """The newest trusted reading of every sensor."""
        rows = self._query(
            f'SELECT value, quality, delay, raw, drill FROM "reading" WHERE quality < {TRUSTED} '
            'GROUP BY "sensor" ORDER BY time DESC LIMIT 1'
        )
        with self._sense():
            return {
                row.tags["sensor"]: _window(row.tags["sensor"], row.values).readings()[0]
                for row in rows
                if row.values
            }

    def _pages(self, fields: str, sensor: str, from_us: int, to_us: int, more: str = "") -> list[list[Any]]:
        rows: list[list[Any]] = []
        while from_us < to_us:
            found = self._query(
                f'SELECT {fields} FROM "reading" WHERE {_where(sensor, from_us, to_us)}{more} '
                f"ORDER BY time LIMIT {_PAGE}"
            )
            page = [values for row in found for values in row.values]
            rows += page
            if len(page) < _PAGE:
                break
            with self._sense():
                following = int(page[-1][0]) + 1
            if following <= from_us:
                raise SeriesDownError(f"{self._address.url} answers the same again and again")
            from_us = following
        return rows

    def window(self, sensor: str, from_at: float, to_at: float) -> Window:
        """Every reading, whatever its quality, asked for in pages."""
        rows = self._pages("value, quality, delay, raw, drill", sensor, micros(from_at), micros(to_at))
        with self._sense():
            return _window(sensor, rows)

    def downsample(self, sensor: str, from_at: float, to_at: float, every_s: float) -> Stats:
        """Minimum, mean, maximum and count per ``every_s``, computed by InfluxDB."""
        from_us, to_us, every_us = micros(from_at), micros(to_at), micros(every_s)
        if every_us <= 0:
            raise ValueError("the width of a bucket must be above 0 s")
        rows: list[list[Any]] = []
        step = every_us * _PAGE
        start = from_us
        while start < to_us:
            stop = min(to_us, start // every_us * every_us + step)
            found = self._query(
                'SELECT min(value), mean(value), max(value), count(value) FROM "reading" '
                f"WHERE {_where(sensor, start, stop)} AND quality < {TRUSTED} "
                f"GROUP BY time({every_us}u) fill(none)"
            )
            with self._sense():
                rows += [values for row in found for values in row.values if values[4]]
            start = stop
        with self._sense():
            columns = np.array(rows, np.float64).reshape(-1, 5)
            return Stats(
                at=columns[:, 0] / MICRO,
                min=columns[:, 1],
                mean=columns[:, 2],
                max=columns[:, 3],
                count=columns[:, 4].astype(np.int64),
            )

    def coverage(self, sensor: str, from_at: float, to_at: float, max_gap_s: float) -> Coverage:
        """Gaps by measurement time; asks for every time in the range."""
        rows = self._pages("value", sensor, micros(from_at), micros(to_at), f" AND quality < {TRUSTED}")
        with self._sense():
            at = np.array([row[0] for row in rows], np.int64) / MICRO
        return coverage_of(at, from_at, to_at, max_gap_s)

    def upkeep(self, now: float, limit: int = 50) -> int:  # noqa: ARG002 - retention is the bucket's own setting
        """Nothing to do: how long InfluxDB keeps what is set on the bucket."""
        return 0

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()
        self._http.close()


def _line(reading: Reading) -> str:
    """One reading in line protocol; SeriesRefusedError for a sensor id that it cannot hold."""
    if not reading.sensor or reading.sensor.endswith("\\") or re.search(r"[\x00-\x1f]", reading.sensor):
        raise SeriesRefusedError(f"{reading.sensor!r}: InfluxDB cannot hold this as a sensor's name")
    fields = [
        f"value={reading.value!r}",
        f"quality={QUALITY_CODE[reading.quality]}i",
        f"delay={delay_s(reading)}i",
    ]
    if reading.raw is not None and math.isfinite(reading.raw):
        fields.append(f"raw={float(reading.raw)!r}")
    if reading.drill:
        fields.append(f'drill="{reading.drill.translate(_TEXT)}"')
    return f"reading,sensor={reading.sensor.translate(_TAG)} {','.join(fields)} {micros(reading.measured_at)}"


def _where(sensor: str, from_us: int, to_us: int) -> str:
    return f"\"sensor\" = '{sensor.translate(_WORD)}' AND time >= {from_us * 1000} AND time < {to_us * 1000}"


def _window(sensor: str, rows: list[list[Any]]) -> Window:
    """Columns from rows of (time, value, quality, delay, raw, drill)."""
    count = len(rows)
    return Window(
        sensor=sensor,
        at_us=np.fromiter((row[0] for row in rows), np.int64, count),
        value=np.fromiter((row[1] for row in rows), np.float64, count),
        quality=np.fromiter((row[2] if row[2] < len(QUALITIES) else 4 for row in rows), np.uint8, count),
        delay_s=np.fromiter((row[3] for row in rows), np.int64, count),
        raw=np.fromiter((math.nan if row[4] is None else row[4] for row in rows), np.float64, count),
        drill={place: row[5] for place, row in enumerate(rows) if row[5]},
    )


def _short(words: str) -> str:
    return " ".join(words.split())[:300]
