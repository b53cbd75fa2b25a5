"""Stored readings for programs: read-only HTTP routes with their own OpenAPI description.

Routes for Starlette, to be mounted by whoever serves pages. They answer JSON, never change anything, and
hold no rights of their own: ``allowed`` decides about each request before anything is read. Errors are JSON
with a sentence in both languages; a store that is away is 503, so that a client tries again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.series import Series, SeriesError
from sensors.model import Sensor, Text
from strongroom.history import READING_COLUMNS, STATS_COLUMNS, Row, reading_rows, stats_rows
from strongroom.readings import UnreadableError, read_moment, read_span

PREFIX = "/api/v1"
MOST_ROWS = 50_000
DEFAULT_SPAN = "-1d"


class Parameter(Struct, frozen=True):
    """One query parameter as documented."""

    name: str
    says: str
    example: str
    required: bool = False


_FROM = Parameter(
    "from", "Start, included: Unix seconds, ISO time, or -7d. Default one day ago.", "2026-03-01"
)
_TO = Parameter("to", "End, not included: Unix seconds, ISO time, or now (the default).", "now")
_EVERY = Parameter("every", "Width of the statistics: 300, 5m, 1h, 1d.", "1h", True)
_GAP = Parameter(
    "max_gap", "Longest time between readings that is no gap; default the sensor's silence limit.", "15m"
)

PATHS: dict[str, tuple[str, tuple[Parameter, ...]]] = {
    "/sensors": ("Every sensor with its newest trusted reading.", ()),
    "/sensors/{sensor}/readings": (
        f"Single readings, oldest first, at most {MOST_ROWS}; `next` is the `from` of the next page or null.",
        (_FROM, _TO),
    ),
    "/sensors/{sensor}/stats": (
        "Minimum, mean, maximum and count of the trusted readings per bucket; a bucket without any is left out.",
        (_FROM, _TO, _EVERY),
    ),
    "/sensors/{sensor}/coverage": (
        "How many trusted readings there are and where they are missing.",
        (_FROM, _TO, _GAP),
    ),
}


class _RefusedError(Exception):
    def __init__(self, status: int, words: Text) -> None:
        self.status = status
        self.words = words


class Api:
    """The routes over one store and the declared sensors.

    ``series`` is asked for on each request (a store that is opened late may raise :class:`SeriesError`),
    ``now`` gives Unix seconds.
    """

    def __init__(
        self,
        series: Callable[[], Series],
        sensors: Callable[[], Mapping[str, Sensor]],
        timezone: str,
        allowed: Callable[[Request], bool],
        now: Callable[[], float],
    ) -> None:
        self._series = series
        self._sensors = sensors
        self._timezone = timezone
        self._allowed = allowed
        self._now = now

    def routes(self) -> list[Route]:
        """Everything under :data:`PREFIX`, the description included."""
        handlers = {
            "/sensors": self._list,
            "/sensors/{sensor}/readings": self._readings,
            "/sensors/{sensor}/stats": self._stats,
            "/sensors/{sensor}/coverage": self._coverage,
            "/openapi.json": lambda _: openapi(),
        }
        return [
            Route(PREFIX + path.replace("{sensor}", "{sensor:path}"), self._guarded(handler), methods=["GET"])
            for path, handler in handlers.items()
        ]

    def _guarded(self, handler: Callable[[Request], Any]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                if not self._allowed(request):
                    raise _RefusedError(401, Text("请先登录", "sign in first"))
                return _json(200, handler(request))
            except _RefusedError as refused:
                return _json(refused.status, {"error": refused.words})
            except UnreadableError as error:
                return _json(400, {"error": error.words})
            except SeriesError:
                # The store's own words name addresses and paths; they are for the operator, not for clients.
                words = Text("历史数据库暂时不可用", "the history store is not available right now")
                return _json(503, {"error": words})

        return answer

    # --- answers --------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Any:  # noqa: ARG002 - every handler takes the request
        latest = self._series().latest()
        return {
            "sensors": [
                {
                    "id": sensor.id,
                    "name": sensor.name,
                    "zone": sensor.zone,
                    "quantity": sensor.quantity,
                    "latest": latest.get(sensor.id)
                    and {
                        "value": latest[sensor.id].value,
                        "unix": latest[sensor.id].measured_at,
                        "quality": latest[sensor.id].quality.value,
                    },
                }
                for sensor in self._sensors().values()
            ]
        }

    def _readings(self, request: Request) -> Any:
        sensor, from_at, to_at = self._asked(request)
        series = self._series()
        rows: list[Row] = []
        start = from_at
        while (
            start < to_at and len(rows) <= MOST_ROWS
        ):  # day by day, so that a year asked for is not a year held
            stop = min((start // 86400 + 1) * 86400, to_at)
            rows += reading_rows(series.window(sensor.id, start, stop), ZoneInfo(self._timezone))
            start = stop
        following = rows[MOST_ROWS][1] if len(rows) > MOST_ROWS else None
        return {"sensor": sensor.id, "rows": _objects(READING_COLUMNS, rows[:MOST_ROWS]), "next": following}

    def _stats(self, request: Request) -> Any:
        sensor, from_at, to_at = self._asked(request)
        every = request.query_params.get("every", "")
        if not every:
            raise _RefusedError(400, Text("请写 every，例如 1h", "give every, e.g. 1h"))
        every_s = read_span(every)
        if (to_at - from_at) / every_s > MOST_ROWS:
            words = Text(f"超过 {MOST_ROWS} 行；请加大 every", f"more than {MOST_ROWS} rows; widen every")
            raise _RefusedError(400, words)
        stats = self._series().downsample(sensor.id, from_at, to_at, every_s)
        rows = stats_rows(stats, ZoneInfo(self._timezone))
        return {"sensor": sensor.id, "every_s": every_s, "rows": _objects(STATS_COLUMNS, rows)}

    def _coverage(self, request: Request) -> Any:
        sensor, from_at, to_at = self._asked(request)
        given = request.query_params.get("max_gap", "")
        max_gap_s = read_span(given) if given else sensor.silent_after_s
        found = self._series().coverage(sensor.id, from_at, to_at, max_gap_s)
        return {
            "sensor": sensor.id,
            "max_gap_s": max_gap_s,
            "count": found.count,
            "first": found.first_at,
            "last": found.last_at,
            "gaps": [{"from": gap.from_at, "to": gap.to_at} for gap in found.gaps],
        }

    def _asked(self, request: Request) -> tuple[Sensor, float, float]:
        name = request.path_params["sensor"]
        sensor = self._sensors().get(name)
        if sensor is None:
            raise _RefusedError(404, Text("没有这个传感器", "there is no such sensor"))
        now = self._now()
        from_at = self._moment(request.query_params.get("from", DEFAULT_SPAN), now)
        to_at = self._moment(request.query_params.get("to", "now"), now)
        if not from_at < to_at:
            raise _RefusedError(400, Text("from 必须早于 to", "from must lie before to"))
        if to_at - from_at > 100 * 366 * 86400:
            raise _RefusedError(400, Text("时段超过一百年", "more than a hundred years"))
        return sensor, from_at, to_at

    def _moment(self, words: str, now: float) -> float:
        try:
            at = float(words) if not words.startswith("-") else math.nan
        except ValueError:
            at = math.nan
        return at if math.isfinite(at) and 0 <= at < 1e11 else read_moment(words, now, self._timezone)


def _objects(columns: tuple[str, ...], rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _json(status: int, content: Any) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == 503:
        headers["Retry-After"] = "30"
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def openapi() -> dict[str, Any]:
    """The description of the routes, OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""
    error = {
        "description": "Why not, in both languages",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    sensor = {"name": "sensor", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {}
    for path, (says, parameters) in PATHS.items():
        described: list[dict[str, Any]] = [
            {
                "name": one.name,
                "in": "query",
                "required": one.required,
                "description": one.says,
                "schema": {"type": "string"},
                "example": one.example,
            }
            for one in parameters
        ]
        name = path.rsplit("/", 1)[-1]
        paths[PREFIX + path] = {
            "get": {
                "operationId": name,
                "summary": says,
                "parameters": [*([sensor] if "{sensor}" in path else []), *described],
                "responses": {
                    "200": {
                        "description": "Found",
                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
                    },
                    "400": error,
                    "401": error,
                    "404": error,
                    "503": error,
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Strongroom readings",
            "version": "1",
            "description": "Read-only history of an archive building's sensors. Times are Unix seconds UTC.",
        },
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _schemas() -> dict[str, Any]:
    number, text = {"type": "number"}, {"type": "string"}
    maybe = {"type": ["number", "null"]}
    whole = {"type": "integer"}
    words = _object(zh=text, en=text)
    kinds: dict[str, Any] = {
        "time": text,
        "quality": text,
        "drill": {"type": ["string", "null"]},
        "raw": maybe,
        "count": whole,
        "delay_s": whole,
    }

    def rows(columns: tuple[str, ...]) -> dict[str, Any]:
        return {"type": "array", "items": _object(**{name: kinds.get(name, number) for name in columns})}

    newest = {**_object(value=number, unix=number, quality=text), "type": ["object", "null"]}
    listed = _object(id=text, name=words, zone=text, quantity=text, latest=newest)
    return {
        "sensors": _object(sensors={"type": "array", "items": listed}),
        "readings": _object(sensor=text, rows=rows(READING_COLUMNS), next=maybe),
        "stats": _object(sensor=text, every_s=number, rows=rows(STATS_COLUMNS)),
        "coverage": _object(
            sensor=text,
            max_gap_s=number,
            count=whole,
            first=maybe,
            last=maybe,
            gaps={"type": "array", "items": _object(**{"from": number, "to": number})},
        ),
        "Error": _object(error=words),
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
