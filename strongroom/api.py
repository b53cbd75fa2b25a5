"""Stored readings for programs: read-only HTTP routes with their own OpenAPI description.

Routes for Starlette, to be mounted by whoever serves pages. They answer JSON, CSV or Parquet, never change
anything, and hold no rights of their own: ``allowed`` decides about each request before anything is read.
Errors are JSON with a sentence in both languages; a store that is away is 503, so that a client tries again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.series import Series, SeriesError
from sensors.model import Sensor, Text
from strongroom.api_described import MOST_ROWS, PATHS, PREFIX, openapi
from strongroom.api_formats import (
    HEADERS,
    TYPES,
    Answer,
    RefusedError,
    Whole,
    accept_of,
    file_of,
    page,
    parquet_file,
    wanted,
)
from strongroom.history import Extract, Row, slices
from strongroom.readings import UnreadableError, read_moment, read_span, read_width

DEFAULT_SPAN = "-1d"
LONGEST_S = 100 * 366 * 86400.0
Marks = tuple[tuple[float, str], ...]

__all__ = ["PATHS", "PREFIX", "Api", "openapi"]


def no_marks(sensor: str) -> Marks:  # noqa: ARG001 - the shape of every provider of marks
    """Where nothing is known of instruments."""
    return ()


class Api:
    """The routes over one store and the declared sensors.

    ``series`` is asked for on each request (a store that is opened late may raise :class:`SeriesError`),
    ``now`` gives Unix seconds, ``marks`` what happened to a sensor's instrument, in order of time.
    """

    def __init__(
        self,
        series: Callable[[], Series],
        sensors: Callable[[], Mapping[str, Sensor]],
        timezone: str,
        allowed: Callable[[Request], bool],
        now: Callable[[], float],
        marks: Callable[[str], Marks] = no_marks,
    ) -> None:
        self._series = series
        self._sensors = sensors
        self._timezone = timezone
        self._allowed = allowed
        self._now = now
        self._marks = marks

    def routes(self) -> list[Route]:
        """Everything under :data:`PREFIX`, the description included."""
        handlers: dict[str, Callable[[Request], Response]] = {
            "/sensors": self._list,
            "/sensors/{sensor}/readings": self._readings,
            "/sensors/{sensor}/stats": self._stats,
            "/sensors/{sensor}/coverage": self._coverage,
            "/openapi.json": lambda _: _json(200, openapi()),
        }
        return [
            Route(PREFIX + path.replace("{sensor}", "{sensor:path}"), self._guarded(handler), methods=["GET"])
            for path, handler in handlers.items()
        ]

    def _guarded(self, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                if not self._allowed(request):
                    raise RefusedError(401, Text("请先登录", "sign in first"))
                return handler(request)
            except RefusedError as refused:
                return _json(refused.status, {"error": refused.words})
            except UnreadableError as error:
                return _json(400, {"error": error.words})
            except SeriesError:
                # The store's own words name addresses and paths; they are for the operator, not for clients.
                words = Text("历史数据库暂时不可用", "the history store is not available right now")
                return _json(503, {"error": words})

        return answer

    # --- answers --------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Response:
        form = _form(request)
        latest = self._series().latest()
        found: list[dict[str, Any]] = []
        rows: list[Row] = []
        for sensor in self._sensors().values():
            newest = latest.get(sensor.id)
            told = newest and {
                "value": newest.value,
                "unix": newest.measured_at,
                "quality": newest.quality.value,
            }
            found.append(
                {
                    "id": sensor.id,
                    "name": sensor.name,
                    "zone": sensor.zone,
                    "quantity": sensor.quantity,
                    "latest": told,
                }
            )
            values = tuple(told.values()) if told else (None, None, None)
            rows.append((sensor.id, sensor.name.zh, sensor.name.en, sensor.zone, sensor.quantity, *values))
        columns = ("id", "name_zh", "name_en", "zone", "quantity", "value", "unix", "quality")
        return page(Answer(value={"sensors": found}, columns=columns, rows=rows, name="sensors"), form)

    def _readings(self, request: Request) -> Response:
        sensor, from_at, to_at = self._asked(request)
        return self._rows(request, self._extract(request, sensor, from_at, to_at, 0.0), sensor)

    def _stats(self, request: Request) -> Response:
        sensor, from_at, to_at = self._asked(request)
        every = request.query_params.get("every", "")
        if not every:
            raise RefusedError(400, Text("请写 every，例如 1h", "give every, e.g. 1h"))
        every_s = read_width(every)
        if not _flag(request, "download") and (to_at - from_at) / every_s > MOST_ROWS:
            words = Text(f"超过 {MOST_ROWS} 行；请加大 every", f"more than {MOST_ROWS} rows; widen every")
            raise RefusedError(400, words)
        return self._rows(request, self._extract(request, sensor, from_at, to_at, every_s), sensor)

    def _coverage(self, request: Request) -> Response:
        sensor, from_at, to_at = self._asked(request)
        form = _form(request)
        given = request.query_params.get("max_gap", "")
        max_gap_s = read_span(given) if given else sensor.silent_after_s
        found = self._series().coverage(sensor.id, from_at, to_at, max_gap_s)
        value = {
            "sensor": sensor.id,
            "max_gap_s": max_gap_s,
            "count": found.count,
            "first": found.first_at,
            "last": found.last_at,
            "gaps": [{"from": gap.from_at, "to": gap.to_at} for gap in found.gaps],
        }
        rows = [(sensor.id, gap.from_at, gap.to_at) for gap in found.gaps]
        return page(Answer(value=value, columns=("sensor", "from", "to"), rows=rows, name="gaps"), form)

    def _rows(self, request: Request, extract: Extract, sensor: Sensor) -> Response:
        """One page of an extract, or the whole of it as a file."""
        form = _form(request)
        found = slices(self._series(), extract)
        if _flag(request, "download"):
            return file_of(
                Whole(extract=extract, slices=found, name=self._name(request, extract, sensor)), form
            )
        limit = _limit(request)
        rows: list[Row] = []
        for _, part in found:  # day by day, so that a year asked for is not a year held
            rows += islice(part, limit + 1 - len(rows))
            if len(rows) > limit:
                break
        following = rows[limit][1] if len(rows) > limit else None
        rows = rows[:limit]
        link = ""
        if following is not None:
            asked = {**request.query_params, "from": repr(following), "to": repr(extract.to_at)}
            link = f"{request.url.path}?{urlencode(asked)}"
        if form == "parquet":
            path = parquet_file(extract, iter([(extract.to_at, rows)]))
            headers = {**HEADERS, **({"Link": f'<{link}>; rel="next"'} if link else {})}
            body = path.read_bytes()
            path.unlink()
            return Response(body, 200, headers, TYPES["parquet"])
        value: dict[str, Any] = {"sensor": sensor.id}
        if extract.every_s:
            value["every_s"] = extract.every_s
        value["rows"] = [dict(zip(extract.columns, row, strict=True)) for row in rows]
        value["next"] = following
        columns = ("sensor", *extract.columns)
        table = [(sensor.id, *row) for row in rows] if form == "csv" else []
        return page(Answer(value=value, columns=columns, rows=table, name=sensor.id, following=link), form)

    # --- what is asked --------------------------------------------------------------------------------

    def _extract(
        self, request: Request, sensor: Sensor, from_at: float, to_at: float, every_s: float
    ) -> Extract:
        marks = self._marks(sensor.id) if _flag(request, "marks") else ()
        return Extract(
            sensor=sensor.id,
            from_at=from_at,
            to_at=to_at,
            every_s=every_s,
            timezone=self._timezone,
            marks=tuple(one for one in marks if from_at <= one[0] < to_at),
        )

    def _asked(self, request: Request) -> tuple[Sensor, float, float]:
        name = request.path_params["sensor"]
        sensor = self._sensors().get(name)
        if sensor is None:
            raise RefusedError(404, Text("没有这个传感器", "there is no such sensor"))
        now = self._now()
        from_at = self._moment(request.query_params.get("from", DEFAULT_SPAN), now)
        to_at = self._moment(request.query_params.get("to", "now"), now)
        if not from_at < to_at:
            raise RefusedError(400, Text("from 必须早于 to", "from must lie before to"))
        if to_at - from_at > LONGEST_S:
            raise RefusedError(400, Text("时段超过一百年", "more than a hundred years"))
        return sensor, from_at, to_at

    def _moment(self, words: str, now: float) -> float:
        try:
            at = float(words) if not words.startswith("-") else math.nan
        except ValueError:
            at = math.nan
        return at if math.isfinite(at) and 0 <= at < 1e11 else read_moment(words, now, self._timezone)

    def _name(self, request: Request, extract: Extract, sensor: Sensor) -> str:
        """The name of a file: which sensor, from which day to which, how wide."""
        language = request.query_params.get("lang", "")
        called = sensor.name.in_(language if language in ("zh", "en") else "zh")
        width = f" {extract.every_s:g}s" if extract.every_s else ""
        return _clean(f"{sensor.id} {called} {self._day(extract.from_at)} {self._day(extract.to_at)}{width}")

    def _day(self, at: float) -> str:
        return datetime.fromtimestamp(at, ZoneInfo(self._timezone)).strftime("%Y-%m-%d")


def _clean(name: str) -> str:
    """Without what file systems or headers do not take."""
    return "".join("_" if sign in '<>:"/\\|?*' or not sign.isprintable() else sign for sign in name)[:150]


def _form(request: Request) -> str:
    return wanted(request.query_params.get("format", ""), accept_of(request.headers))


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "0")
    if given not in ("0", "1"):
        raise RefusedError(400, Text(f"{name} 请写 0 或 1", f"{name} is 0 or 1"))
    return given == "1"


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", "")
    if not given:
        return MOST_ROWS
    if not (given.isascii() and given.isdigit() and len(given) < 9 and 1 <= int(given) <= MOST_ROWS):
        raise RefusedError(400, Text(f"limit 请写 1 到 {MOST_ROWS}", f"limit is 1 to {MOST_ROWS}"))
    return int(given)


def _json(status: int, content: Any) -> Response:
    headers = dict(HEADERS)
    if status == 503:
        headers["Retry-After"] = "30"
    return Response(msgspec.json.encode(content), status, headers, TYPES["json"])
