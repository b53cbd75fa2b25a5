"""The read-only HTTP API: what it answers, what it refuses, and that its description is true."""

from __future__ import annotations

import csv
import io
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pyarrow.parquet as pq
import pytest
from msgspec import structs
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.testclient import TestClient

from dashboard.door import COOKIE, Porter
from dashboard.outside import api_routes
from dashboard.routes import routes
from ingest.series import Series, SeriesDownError
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import Quality, Reading, Sensor, Text
from strongroom import api
from strongroom.api import PATHS, PREFIX, Api, openapi
from tests.fakes.world import make_world

T0 = 1_772_323_200.0  # 2026-03-01 00:00 UTC
NOW = T0 + 86400


def sensor(name: str) -> Sensor:
    return Sensor(
        id=name,
        name=Text("温度", "Temperature"),
        zone="2b",
        quantity="temperature",
        topic="t",
        dialect="json",
        silent_after_s=900,
    )


class Site:
    def __init__(self) -> None:
        self.store = MemorySeries()
        self.store.write(
            [
                Reading("2B/T 1", 20 + i % 10 / 10, T0 + 600 * i, T0 + 600 * i)
                for i in range(144)
                if not 30 <= i < 40
            ]
        )
        self.store.write([Reading("2B/T 1", 99.0, T0 + 300, T0 + 300, Quality.IMPLAUSIBLE)])
        self.signed_in = True
        self.away = False
        self.sensors: Mapping[str, Sensor] = {name: sensor(name) for name in ("2B/T 1", "quiet")}
        self.marks: tuple[tuple[float, str], ...] = ()
        here = Api(
            self.series,
            lambda: self.sensors,
            "Asia/Shanghai",
            self.allowed,
            lambda: NOW,
            lambda _: self.marks,
        )
        self.client = TestClient(Starlette(routes=here.routes()))

    def series(self) -> Series:
        if self.away:
            raise SeriesDownError("http://secret-host:8086 refused")
        return self.store

    def allowed(self, request: Request) -> bool:
        return self.signed_in

    def get(self, path: str, status: int = 200, **query: str) -> Any:
        answer = self.client.get(PREFIX + path, params=query)
        assert answer.status_code == status, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()


@pytest.fixture
def site() -> Site:
    return Site()


ONE = "/sensors/2B%2FT 1"


def test_sensors_with_their_newest_trusted_reading(site: Site) -> None:
    first, second = site.get("/sensors")["sensors"]
    assert first["name"] == {"zh": "温度", "en": "Temperature"}
    assert first["latest"] == {"value": 20.3, "unix": T0 + 143 * 600, "quality": "good"}
    assert second["latest"] is None


def test_single_readings_of_a_range(site: Site) -> None:
    found = site.get(ONE + "/readings", **{"from": str(T0), "to": "2026-03-01T08:20"})
    assert [row["value"] for row in found["rows"]] == [20.0, 99.0, 20.1]
    assert found["rows"][1]["quality"] == "implausible"
    assert found["rows"][0]["time"] == "2026-03-01T08:00:00.000+08:00"
    assert found["next"] is None
    assert len(site.get(ONE + "/readings")["rows"]) == 135


def test_pages_meet_without_overlap(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_ROWS", 50)
    times: list[float] = []
    start: float | None = T0
    while start is not None:
        page = site.get(ONE + "/readings", **{"from": str(start), "to": "now"})
        times += [row["unix"] for row in page["rows"]]
        start = page["next"]
    assert len(times) == 135
    assert times == sorted(set(times))


def test_statistics_leave_out_what_is_not_trusted_and_empty_buckets(site: Site) -> None:
    found = site.get(ONE + "/stats", every="1h", **{"from": str(T0)})
    assert found["rows"][0]["max"] == 20.5
    assert [row["unix"] - T0 for row in found["rows"]][4:7] == [4 * 3600, 6 * 3600, 7 * 3600]
    assert sum(row["count"] for row in found["rows"]) == 134


def test_coverage_takes_the_sensors_own_silence_limit(site: Site) -> None:
    found = site.get(ONE + "/coverage", **{"from": str(T0)})
    assert found["max_gap_s"] == 900
    assert found["gaps"] == [{"from": T0 + 29 * 600, "to": T0 + 40 * 600}]
    assert site.get(ONE + "/coverage", max_gap="3h", **{"from": str(T0)})["gaps"] == []


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("/sensors/nobody/readings", {}, 404, "no such sensor"),
        (ONE + "/readings", {"from": "soon"}, 400, "2026-03-01"),
        (ONE + "/readings", {"from": "now", "to": "-1d"}, 400, "before"),
        (ONE + "/readings", {"from": "0", "to": "99999999999"}, 400, "hundred years"),
        (ONE + "/readings", {"from": "nan"}, 400, "no moment"),
        (ONE + "/stats", {}, 400, "every"),
        (ONE + "/stats", {"every": "x"}, 400, "no span"),
        (ONE + "/stats", {"every": "1s", "from": "-30d"}, 400, "widen"),
        (ONE + "/coverage", {"max_gap": "0"}, 400, "no span"),
        (ONE + "/coverage", {"format": "parquet"}, 400, "format=csv"),
        (ONE + "/readings", {"format": "xls"}, 400, "json, csv, parquet"),
        (ONE + "/readings", {"limit": "0"}, 400, "1 to 50000"),
        (ONE + "/readings", {"limit": "50001"}, 400, "1 to 50000"),
        (ONE + "/readings", {"limit": "²"}, 400, "1 to 50000"),
        (ONE + "/readings", {"download": "yes"}, 400, "0 or 1"),
    ],
)
def test_refusals_say_what_to_write(
    site: Site, path: str, query: dict[str, str], status: int, said: str
) -> None:
    error = site.get(path, status, **query)["error"]
    assert said in error["en"]
    assert error["zh"]


HOSTILE = (
    *(
        "",
        "0",
        "-1",
        "1e400",
        "nan",
        "inf",
        "-inf",
        "1e-9",
        "0.5",
        "1",
        "7s",
        "1d",
        "1w",
        "99999999999d",
        "now",
    ),
    *(
        "-30d",
        "0001-01-01",
        "9999-12-31T23:59:59",
        "2026-03-01",
        "2026年3月1日",
        "1969-12-31",
        "99999990000",
        "-",
    ),
    *("\x00", "' OR 1=1", "9" * 400, "../..", "%00", "true", "json", "csv"),
)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_no_parameter_brings_the_api_down(site: Site, store: str, tmp_path: Path) -> None:
    """Any values together are an answer or a refusal in words, within a moment."""
    if store == "sqlite":
        kept = SqliteSeries(tmp_path / "readings.db")
        kept.write(site.store.window("2B/T 1", 0.0, NOW).readings())
        site.store = kept  # type: ignore[assignment]
    chance = random.Random(5)
    for _ in range(400):
        route = chance.choice(("/readings", "/stats", "/coverage"))
        names = ("from", "to", "every", "limit", "max_gap", "format", "download", "marks", "lang")
        query = {name: chance.choice(HOSTILE) for name in names if chance.random() < 0.4}
        if query.get("download") == "1" and "every" in query:
            query["every"] = "1d"
        answer = site.client.get(PREFIX + ONE + route, params=query)
        assert answer.status_code in (200, 400, 406), (route, query, answer.text)
        if answer.status_code != 200:
            assert answer.json()["error"]["zh"]


def test_statistics_narrower_than_a_second_are_refused(site: Site) -> None:
    error = site.get(ONE + "/stats", 400, every="0.0000001", download="1")["error"]
    assert "1s" in error["en"] and "1s" in error["zh"]


def test_csv_by_parameter_or_by_accept_says_the_same_as_json(site: Site) -> None:
    asked = {"from": str(T0), "to": str(T0 + 3600)}
    listed = site.get(ONE + "/readings", **asked)["rows"]
    by_name = site.client.get(PREFIX + ONE + "/readings", params=asked | {"format": "csv"})
    by_accept = site.client.get(
        PREFIX + ONE + "/readings", params=asked, headers={"accept": "text/csv, application/json;q=0.5"}
    )
    assert by_name.text == by_accept.text
    assert by_name.headers["content-type"].startswith("text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(by_name.text)))
    assert [float(row["value"]) for row in rows] == [row["value"] for row in listed]
    assert {row["sensor"] for row in rows} == {"2B/T 1"}
    sensors = list(csv.DictReader(io.StringIO(site.client.get(PREFIX + "/sensors?format=csv").text)))
    assert [row["name_zh"] for row in sensors] == ["温度", "温度"]
    gaps = site.client.get(PREFIX + ONE + "/coverage", params={"from": str(T0), "format": "csv"}).text
    assert gaps.splitlines() == ["sensor,from,to", f"2B/T 1,{T0 + 29 * 600},{T0 + 40 * 600}"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/json;q=0.1, text/*", "text/csv"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=nonsense, application/json;q=0.1", "application/json"),
    ],
)
def test_the_accept_header_chooses(site: Site, accept: str, kind: str) -> None:
    answer = site.client.get(PREFIX + ONE + "/readings", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(kind)


def test_what_nobody_can_give_is_406_with_what_there_is(site: Site) -> None:
    answer = site.client.get(PREFIX + ONE + "/readings", headers={"accept": "image/png"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["error"]["en"]


def test_parquet_holds_the_same_rows(site: Site) -> None:
    asked = {"from": str(T0), "every": "1h"}
    listed = site.get(ONE + "/stats", **asked)["rows"]
    answer = site.client.get(PREFIX + ONE + "/stats", params=asked | {"format": "parquet"})
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.column("mean").to_pylist() == [row["mean"] for row in listed]
    assert table.schema.metadata[b"sensor"] == b"2B/T 1"


def test_without_pyarrow_the_refusal_says_what_to_ask_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(Path(tempfile.gettempdir()).glob("strongroom-*.parquet"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = site.get(ONE + "/readings", 400, format="parquet")["error"]
    assert "write csv" in error["en"] and "csv" in error["zh"]
    assert set(Path(tempfile.gettempdir()).glob("strongroom-*.parquet")) == before


def test_every_form_leads_on_by_a_link(site: Site) -> None:
    path, rows = PREFIX + ONE + "/readings", 0
    query = {"from": str(T0), "format": "csv", "limit": "50"}
    address = f"{path}?{urlencode(query)}"
    seen: list[str] = []
    while address:
        answer = site.client.get(address)
        lines = answer.text.splitlines()[1:]
        assert len(lines) <= 50
        seen += lines
        rows += 1
        address = answer.links["next"]["url"] if "next" in answer.links else ""
    assert rows == 3
    assert len(seen) == len(set(seen)) == 135


def test_a_file_to_keep_is_whole_named_and_safe_to_open(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_ROWS", 50)
    site.marks = ((T0 + 650, "=HYPERLINK(1)"), (T0 - 5, "before"))
    asked = {"from": str(T0), "download": "1", "format": "csv", "marks": "1"}
    answer = site.client.get(PREFIX + ONE + "/readings", params=asked)
    assert answer.content.startswith(b"\xef\xbb\xbfsensor,time,")
    named = answer.headers["content-disposition"]
    assert unquote(named.rpartition("''")[2]) == "2B_T 1 温度 2026-03-01 2026-03-02.csv"
    assert named.isascii()
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 135
    assert [row["mark"] for row in rows if row["mark"]] == ["'=HYPERLINK(1)"]
    english = site.client.get(PREFIX + ONE + "/readings", params=asked | {"lang": "en", "format": "json"})
    assert "Temperature" in unquote(english.headers["content-disposition"])
    assert len(english.json()["rows"]) == 135
    kept = site.client.get(PREFIX + ONE + "/readings", params=asked | {"format": "parquet"})
    assert pq.read_table(io.BytesIO(kept.content)).num_rows == 135


def test_a_store_that_is_away_answers_no_half_file(site: Site) -> None:
    site.away = True
    for form in ("csv", "json", "parquet"):
        site.get(ONE + "/readings", 503, download="1", format=form)


def test_nothing_is_answered_to_strangers_and_nothing_can_be_changed(site: Site) -> None:
    site.signed_in = False
    for path in (*PATHS, "/openapi.json"):
        assert site.get(path.replace("{sensor}", "quiet"), 401)["error"]["en"] == "sign in first"
    for method in ("post", "put", "delete", "patch"):
        assert getattr(site.client, method)(PREFIX + "/sensors").status_code == 405


def test_a_store_that_is_away_is_503_and_tells_no_addresses(site: Site) -> None:
    site.away = True
    answer = site.client.get(PREFIX + "/sensors")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "secret-host" not in answer.text


def conforms(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    names = {
        dict: "object",
        list: "array",
        str: "string",
        float: "number",
        int: "integer",
        type(None): "null",
    }
    kind = names[type(value)]
    assert kind in kinds or (kind == "integer" and "number" in kinds), (value, schema)
    if kind == "object":
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, part in value.items():
            conforms(part, schema["properties"][name], schemas)
    elif kind == "array":
        for part in value:
            conforms(part, schema["items"], schemas)


def test_the_description_is_true(site: Site) -> None:
    described = site.get("/openapi.json")
    assert described == openapi()
    assert set(described["paths"]) == {PREFIX + path for path in PATHS}
    schemas = described["components"]["schemas"]
    for path, operations in described["paths"].items():
        parameters = operations["get"]["parameters"]
        examples = {p["name"]: p["example"] for p in parameters if p["in"] == "query"}
        asked = path.removeprefix(PREFIX).replace("{sensor}", "2B/T 1")
        good = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        conforms(site.get(asked, **examples), good, schemas)
        if "/sensors/" in asked:
            bad = operations["get"]["responses"]["404"]["content"]["application/json"]["schema"]
            conforms(site.get(asked.replace("2B/T 1", "x"), 404), bad, schemas)


def test_the_dashboard_answers_whoever_is_signed_in(tmp_path: Path) -> None:
    here = make_world(tmp_path)
    here = structs.replace(here, more=tuple(api_routes(here.desk, here.door, here.clock, MemorySeries)))
    porter = Middleware(Porter, door=here.door, now=here.clock.now)
    web = TestClient(Starlette(routes=[*routes(here), *here.more], middleware=[porter]))
    assert web.get(PREFIX + "/sensors").status_code == 401
    user = here.users.get("viewer")
    assert user is not None
    web.cookies.set(COOKIE, here.door.admit(user, here.clock.now()))
    answer = web.get(PREFIX + "/sensors")
    assert answer.status_code == 200
    assert {one["id"] for one in answer.json()["sensors"]} == set(here.desk.building().sensors)
