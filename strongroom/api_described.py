"""The HTTP API in its own words: parameters, answers and their schemas as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from strongroom.api_formats import TYPES
from strongroom.history import READING_COLUMNS, STATS_COLUMNS

PREFIX = "/api/v1"
MOST_ROWS = 50_000


class Parameter(Struct, frozen=True):
    """One query parameter as documented; ``one_of`` lists everything it may be."""

    name: str
    says: str
    example: str
    required: bool = False
    one_of: tuple[str, ...] = ()


_FROM = Parameter(
    "from", "Start, included: Unix seconds, ISO time, or -7d. Default one day ago.", "2026-03-01"
)
_TO = Parameter("to", "End, not included: Unix seconds, ISO time, or now (the default).", "now")
_EVERY = Parameter("every", "Width of the statistics: 300, 5m, 1h, 1d.", "1h", True)
_GAP = Parameter(
    "max_gap", "Longest time between readings that is no gap; default the sensor's silence limit.", "15m"
)
_LIMIT = Parameter("limit", f"Rows of one page, 1 to {MOST_ROWS} (the default).", "1000")
_FORMAT = Parameter(
    "format", "Wins over the Accept header; JSON where neither says.", "json", one_of=tuple(TYPES)
)
_TABLE = Parameter("format", _FORMAT.says, "json", one_of=("json", "csv"))
_MARKS = Parameter(
    "marks", "1: a column `mark` with what happened to the instrument since the row before.", "1"
)
_FILE = Parameter(
    "download",
    "1: a file with a name, the whole range and not a page of it, CSV with a byte-order mark.",
    "0",
)
_LANG = Parameter("lang", "Language of the file's name.", "en", one_of=("zh", "en"))

PATHS: dict[str, tuple[str, tuple[Parameter, ...]]] = {
    "/sensors": ("Every sensor with its newest trusted reading.", (_TABLE,)),
    "/sensors/{sensor}/readings": (
        "Single readings, oldest first; `next` is the `from` of the next page or null.",
        (_FROM, _TO, _LIMIT, _MARKS, _FORMAT, _FILE, _LANG),
    ),
    "/sensors/{sensor}/stats": (
        "Minimum, mean, maximum and count of the trusted readings per bucket; a bucket without any is left out.",
        (_FROM, _TO, _EVERY, _LIMIT, _MARKS, _FORMAT, _FILE, _LANG),
    ),
    "/sensors/{sensor}/coverage": (
        "How many trusted readings there are and where they are missing; as a table the gaps alone.",
        (_FROM, _TO, _GAP, _TABLE),
    ),
}


def openapi() -> dict[str, Any]:
    """The description of the routes, OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""
    error = {
        "description": "Why not, in both languages, and what to write instead",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    sensor = {"name": "sensor", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {}
    for path, (says, parameters) in PATHS.items():
        name = path.rsplit("/", 1)[-1]
        forms = next(one.one_of for one in parameters if one.name == "format")
        content: dict[str, Any] = {
            TYPES["json"]: {"schema": {"$ref": f"#/components/schemas/{name}"}},
        }
        content |= {TYPES[form]: {"schema": {"type": "string"}} for form in forms if form != "json"}
        paths[PREFIX + path] = {
            "get": {
                "operationId": name,
                "summary": says,
                "security": [{"session": []}],
                "parameters": [
                    *([sensor] if "{sensor}" in path else []),
                    *(_described(one) for one in parameters),
                ],
                "responses": {
                    "200": {
                        "description": 'Found; a `Link` header with `rel="next"` leads to the next page',
                        "content": content,
                    },
                    **dict.fromkeys(("400", "401", "404", "406", "503"), error),
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Strongroom readings",
            "version": "1.1",
            "description": "Read-only history of an archive building's sensors. Times are Unix seconds UTC.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "strongroom",
                    "description": "The cookie that signing in to the pages gives.",
                }
            },
        },
    }


def _described(one: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if one.one_of:
        schema["enum"] = list(one.one_of)
    return {
        "name": one.name,
        "in": "query",
        "required": one.required,
        "description": one.says,
        "schema": schema,
        "example": one.example,
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
        row = _object(**{name: kinds.get(name, number) for name in columns})
        row["properties"]["mark"] = {"type": ["string", "null"]}
        return {"type": "array", "items": row}

    newest = {**_object(value=number, unix=number, quality=text), "type": ["object", "null"]}
    listed = _object(id=text, name=words, zone=text, quantity=text, latest=newest)
    return {
        "sensors": _object(sensors={"type": "array", "items": listed}),
        "readings": _object(sensor=text, rows=rows(READING_COLUMNS), next=maybe),
        "stats": _object(sensor=text, every_s=number, rows=rows(STATS_COLUMNS), next=maybe),
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
    return {"type": "object", "required": list(properties), "properties": dict(properties)}
