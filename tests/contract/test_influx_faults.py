"""InfluxDB when it fails: the real server killed, refusing, stalled or replaced by something else; other
versions' stand-ins.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.series import SeriesDownError, SeriesError, SeriesRefusedError
from ingest.series_influx import InfluxAddress, InfluxSeries
from ingest.series_memory import MemorySeries
from sensors.model import Reading
from strongroom.clock import SetClock
from strongroom.cursors import Cursors
from strongroom.feeder import Feeder
from strongroom.sitedb import Batch, SiteDb
from tests.brokers import wait_until
from tests.contract.influx_server import Influx, front, influx_in
from tests.ports import free_port

T0 = 1_790_000_000.0


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    server = influx_in(tmp_path_factory.mktemp("influx"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def whole(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "influx" in request.fixturenames:
        server = request.getfixturevalue("influx")
        server.fault, server.stall_s = None, 0.0


def store(influx: Influx, bucket: str = "faults", **more: object) -> InfluxSeries:
    return InfluxSeries(InfluxAddress(url=influx.url, org="o", bucket=bucket, **more))  # type: ignore[arg-type]


def reading(value: float = 1.0, at: float = T0, sensor: str = "s") -> Reading:
    return Reading(sensor, value, at, at)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (500, SeriesDownError, "answered 500"),
        (503, SeriesDownError, "answered 503"),
        (429, SeriesDownError, "answered 429"),
        (401, SeriesDownError, "does not let this token"),
        (403, SeriesDownError, "does not let this token"),
        (404, SeriesDownError, "knows no bucket"),
        (400, SeriesRefusedError, "refused the batch"),
        (413, SeriesRefusedError, "refused the batch"),
        (200, SeriesDownError, "InfluxDB answers 204"),
    ],
)
def test_every_answer_has_its_meaning(
    influx: Influx, status: int, kind: type[SeriesError], said: str
) -> None:
    series = store(influx)
    series.write([reading()])
    influx.fault = (status, "no, not like that")
    with pytest.raises(kind, match=said):
        series.write([reading(2.0)])
    influx.fault = None
    series.write([reading(3.0)])
    assert series.latest()["s"].value == 3.0


def test_what_is_not_influxdb_is_noticed(influx: Influx) -> None:
    series = store(influx)
    influx.fault = (200, "<html>Welcome to your new printer</html>")
    with pytest.raises(SeriesDownError, match="does not say it is InfluxDB"):
        series.write([reading()])
    with pytest.raises(SeriesDownError, match="something else"):
        series.latest()


def test_a_stalled_server_is_given_up_after_the_time_out(influx: Influx) -> None:
    series = store(influx, timeout_s=0.3)
    series.write([reading()])
    influx.stall_s = 1.0
    for call in (lambda: series.write([reading()]), series.latest):
        with pytest.raises(SeriesDownError):
            call()


def test_nobody_there(tmp_path: Path) -> None:
    series = InfluxSeries(InfluxAddress(url=f"http://127.0.0.1:{free_port()}", bucket="b"))
    with pytest.raises(SeriesDownError, match="refused"):
        series.write([reading()])


def test_the_token_goes_along_and_never_into_words(influx: Influx) -> None:
    series = store(influx, token="tops3cret")
    influx.tokens.clear()
    series.write([reading()])
    series.latest()
    assert set(influx.tokens) == {"Token tops3cret"}
    influx.fault = (401, "unauthorized")
    with pytest.raises(SeriesDownError) as refused:
        series.write([reading()])
    assert "tops3cret" not in f"{refused.value}{InfluxAddress(url='u', bucket='b', token='tops3cret')!r}"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that its own key signed, and the key."""
    made = tmp_path / "here.crt", tmp_path / "here.key"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-out", str(made[0]), "-keyout", str(made[1])], check=True, capture_output=True
    )
    return made


def test_tls_is_verified_and_what_is_wrong_with_it_is_said(
    influx: Influx, certificate: tuple[Path, Path]
) -> None:
    """The real server behind TLS: a stranger's certificate is not trusted, the house's own authority is."""
    served = front(influx)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    served.socket = context.wrap_socket(served.socket, server_side=True, do_handshake_on_connect=False)
    url = f"https://127.0.0.1:{served.server_address[1]}"
    strange = InfluxSeries(InfluxAddress(url=url, bucket="tls"))
    for call in (lambda: strange.write([reading()]), strange.latest):
        with pytest.raises(SeriesDownError, match=r"certificate is not trusted here.*update-ca-certificates"):
            call()
    ours = InfluxSeries(InfluxAddress(url=url, bucket="tls", ca_file=str(certificate[0])))
    ours.write([reading(4.0)])
    assert ours.latest()["s"].value == 4.0
    plain = InfluxSeries(InfluxAddress(url=influx.url.replace("http:", "https:"), bucket="tls"))
    for call in (lambda: plain.write([reading()]), plain.latest):
        with pytest.raises(SeriesDownError, match="no TLS is spoken at this address"):
            call()
    served.shutdown()
    served.server_close()


def test_names_cannot_leave_their_quotation_marks(influx: Influx) -> None:
    series = store(influx, "quoted")
    hostile = "s' OR sensor != '"
    series.write(
        [reading(1.0, sensor=hostile), reading(2.0, sensor="other"), reading(3.0, sensor="a\\b,c=d e")]
    )
    assert series.window(hostile, T0 - 1, T0 + 1).value.tolist() == [1.0]
    assert series.window("a\\b,c=d e", T0 - 1, T0 + 1).value.tolist() == [3.0]
    assert series.downsample(hostile, T0 - 60, T0 + 60, 120).count.tolist() == [1]
    for name in ("line\nbreak", "ends\\", ""):
        with pytest.raises(SeriesRefusedError, match="name"):
            series.write([reading(sensor=name)])
    with pytest.raises(SeriesError, match="plain words"):
        store(influx, 'a"b')


def test_more_than_a_page_comes_whole(influx: Influx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.series_influx._PAGE", 7)
    series = store(influx, "pages")
    series.write([reading(float(i), T0 + i) for i in range(50)])
    assert series.window("s", T0, T0 + 50).value.tolist() == [float(i) for i in range(50)]
    assert series.downsample("s", T0, T0 + 50, 2).count.sum() == 50
    assert series.coverage("s", T0, T0 + 50, 5).count == 50


def test_a_killed_server_costs_nothing(influx: Influx, tmp_path: Path) -> None:
    """Killed in the middle of a drain: the feeder waits, sends its tail again, and everything is there
    once.
    """
    db = SiteDb(tmp_path / "site.db")
    db.commit(Batch(readings=[reading(float(i), T0 + i) for i in range(5000)]))
    clock = SetClock(T0)
    feeder = Feeder(
        tmp_path / "site.db",
        Cursors(tmp_path / "cursors.db"),
        lambda: store(influx, "killed", timeout_s=2),
        clock,
        tail_s=60,
        batch=500,
    )
    for _ in range(4):
        assert feeder.pump() == 500
    influx.kill()
    assert feeder.pump() == 0
    assert feeder.state.backlog >= 3000
    influx.start()
    while feeder.pump():
        pass
    assert feeder.state.backlog == 0
    window = store(influx, "killed").window("s", T0, T0 + 5000)
    assert window.value.tolist() == [float(i) for i in range(5000)]
    clock.move(61)
    feeder.pump()
    assert feeder.state.finished == 5000
    db.close()


class StandIn:
    """Answers as another version documents it: ping, buckets, write. Remembers what it was asked."""

    def __init__(self, version: str, buckets: list[str], may_create: bool = True) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append(("GET", parts.path))
                if parts.path == "/ping":
                    self.say(204, {}, {"X-Influxdb-Version": version})
                elif parts.path == "/api/v2/buckets":
                    name = parse_qs(parts.query).get("name", [""])[0]
                    self.say(200, {"buckets": [bucket(b) for b in buckets if b == name]})
                elif parts.path == "/api/v2/orgs":
                    self.say(200, {"orgs": [{"id": "0123456789abcdef", "name": "o"}]})
                else:
                    self.say(404, {"code": "not found", "message": parts.path})

            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append(("POST", parts.path))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if parts.path == "/api/v2/buckets":
                    if not may_create:
                        self.say(403, {"code": "forbidden", "message": "insufficient permissions for write"})
                        return
                    buckets.append(json.loads(body)["name"])
                    self.say(201, bucket(buckets[-1]))
                else:
                    self.say(204, {})

            def say(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
                content = b"" if status == 204 else json.dumps(body).encode()
                self.send_response(status)
                for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(key, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        def bucket(name: str) -> dict[str, object]:
            return {"id": "0123456789abcdef", "orgID": "0123456789abcdef", "name": name, "retentionRules": []}

        self.buckets = buckets
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def series(self) -> InfluxSeries:
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return InfluxSeries(InfluxAddress(url=url, org="o", bucket="archive", token="t"))

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_version_2_has_its_bucket_found_or_created() -> None:
    for buckets, created in ((["archive"], False), ([], True)):
        stand_in = StandIn("v2.7.6", buckets)
        stand_in.series().write([reading()])
        assert (("POST", "/api/v2/buckets") in stand_in.asked) is created
        assert stand_in.buckets == ["archive"]
        assert stand_in.asked[-1] == ("POST", "/api/v2/write")
        stand_in.stop()


def test_version_2_without_the_right_to_create_says_what_to_give() -> None:
    stand_in = StandIn("v2.7.6", [], may_create=False)
    with pytest.raises(SeriesDownError, match="right to create the bucket"):
        stand_in.series().write([reading()])
    stand_in.stop()


def test_version_3_is_only_written_to() -> None:
    stand_in = StandIn("3.0.1", [])
    stand_in.series().write([reading()])
    assert stand_in.asked == [("GET", "/ping"), ("POST", "/api/v2/write")]
    stand_in.stop()


ROWS = ([], ["x"] * 6, [None] * 6, [10**30, 1, 1, 1, 1, 1])
JSON_OF_ANOTHER: list[object] = [None, [], {}, "x", 12, {"results": [None]}, {"results": [{"error": 5}]}]
JSON_OF_ANOTHER += [{"buckets": 5}, {"buckets": None}]
JSON_OF_ANOTHER += [{"results": [{"series": [{"values": [row]}]}]} for row in ROWS]
JSON_OF_ANOTHER += [{"results": [{"series": [{"tags": {"sensor": 5}, "values": [[1, 2, 3, 4, 5, 6]]}]}]}]


@pytest.mark.parametrize("version", ["1.6.7", "v2.7", "3.0", "\xe9"])
def test_whatever_is_answered_it_is_the_store_that_is_away(version: str) -> None:
    """JSON of the wrong shape, half a body, another type, an answer without end: never another exception."""
    bodies = [
        *(json.dumps(one).encode() for one in JSON_OF_ANOTHER),
        b"",
        b"\xff\xfe",
        b'{"results":[{',
        b"<html>",
    ]
    now: dict[str, bytes] = {"body": b""}

    class Babble(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("X-Influxdb-Version", version)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                self.wfile.write(now["body"])
                while now["body"] == b"endless" and "/ping" not in self.path:
                    self.wfile.write(b" " * 1_000_000)
            except OSError:
                pass

        do_GET = do_POST = answer  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Babble)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    series = InfluxSeries(
        InfluxAddress(url=f"http://127.0.0.1:{server.server_address[1]}", org="o", bucket="b")
    )

    def asked() -> None:
        for call in (
            series.latest,
            series.sensors,
            lambda: series.window("s", 0, 1),
            lambda: series.downsample("s", 0, 100, 10),
            lambda: series.coverage("s", 0, 100, 10),
            series.prepare,
        ):
            try:
                call()
            except SeriesError as error:
                assert len(str(error)) < 1000

    for body in bodies:
        now["body"] = body
        asked()
        with pytest.raises(SeriesDownError):
            series.write([reading()])
    now["body"] = b"endless"
    with pytest.raises(SeriesDownError, match="without end"):
        series.latest()
    server.shutdown()
    server.server_close()
    series.close()


def test_a_store_that_answers_a_byte_now_and_then_is_told(tmp_path: Path) -> None:
    """No time-out ever runs out: the series writer itself stands still, and that is alarmed and clears."""
    clock, held, entered = SetClock(T0), threading.Event(), threading.Event()
    SiteDb(tmp_path / "site.db").close()

    class Slow(MemorySeries):
        def upkeep(self, now: float, limit: int = 50) -> int:
            entered.set()
            held.wait(30)
            return super().upkeep(now, limit)

    feeder = Feeder(tmp_path / "site.db", Cursors(tmp_path / "cursors.db"), Slow, clock)
    feeder.start()
    assert entered.wait(10)
    assert not feeder.seen().alarmed
    clock.move(61.0)
    told = feeder.seen()
    assert told.alarmed and told.trouble is not None and "61 s" in told.trouble.en
    held.set()
    assert wait_until(lambda: not feeder.seen().alarmed)
    feeder.stop()
