"""Our own messages of every dialect, and the given set, decoded as a careful person would read them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from sensors.dialects.registry import BY_NAME, DIALECTS
from sensors.judge import Verdict, judge, load
from strongroom.cli import app
from tests.shared import shared_path

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = 1_800_000_000.0


def judged(path: Path) -> Verdict:
    with path.open("rb") as lines:
        return judge(load(lines), NOW)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_our_own_samples_are_read_right(path: Path) -> None:
    verdict = judged(path)
    assert verdict.failures == []
    assert verdict.right == verdict.expected
    assert verdict.rejects_right == verdict.rejects_expected
    assert verdict.declares_right == verdict.declares_expected


def test_every_dialect_has_its_samples() -> None:
    written = {path.stem for path in SAMPLES.glob("*.jsonl")}
    assert {dialect.name for dialect in DIALECTS} - written == set()


def test_every_name_leads_to_one_dialect() -> None:
    names = [name for dialect in DIALECTS for name in (dialect.name, *dialect.also)]
    assert len(names) == len(set(names))
    assert {"zigbee2mqtt", "tasmota", "tts", "chirpstack", "sparkplug", "plain"} <= set(BY_NAME)


def test_the_given_samples_are_all_met() -> None:
    verdict = judged(shared_path("devices", "samples.jsonl"))
    assert verdict.failures == []
    assert (verdict.wrong, verdict.missing, verdict.must_not_violated) == (0, 0, 0)
    assert verdict.right == verdict.expected > 250


def test_the_command_ends_with_one_json_line(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    sample = {"id": "a", "dialect": "plain", "topic": "x/temperature", "payload": "21.5"}
    expected = {"quantity": "temperature", "value": 21.5, "unit": "°C"}
    lines = [{**sample, "expect": [expected]}, {**sample, "id": "b", "expect": [{**expected, "value": 22}]}]
    file.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
    result = CliRunner().invoke(app, ["decode", str(file)])
    assert result.exit_code == 0
    told = msgspec.json.decode(result.stdout.strip().splitlines()[-1])
    assert set(told) == {
        *("samples", "expected", "right", "wrong", "missing", "must_not_violated", "rejects_expected"),
        *("rejects_right", "declares_expected", "declares_right", "by_dialect", "failures"),
    }
    assert (told["samples"], told["right"], told["wrong"]) == (2, 1, 1)
    assert told["failures"][0]["id"] == "b"


def test_a_broken_sample_file_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text('{"topic": "a", "payload": "1"}\nnonsense\n')
    result = CliRunner().invoke(app, ["decode", str(file), "--json"])
    assert result.exit_code == 2
    assert "line 2" in result.output


def test_a_payload_may_be_written_as_a_document() -> None:
    line = b'{"topic": "zigbee2mqtt/x", "payload": {"temperature": 20.5}}'
    assert load([line, b""]) == [{"topic": "zigbee2mqtt/x", "payload": '{"temperature":20.5}'}]


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        ({"expect": []}, "unexpected"),
        ({"expect": [], "must_not": [{"quantity": "temperature"}]}, "must_not"),
        ({"expect": [{"quantity": "humidity", "value": 5, "unit": "%RH"}]}, "missing"),
        ({"expect": [{"quantity": "temperature", "value": 21.5, "unit": "°F"}]}, "wrong"),
        ({"expect": [{"quantity": "temperature", "value": 21.5, "unit": "°C", "at": 5}]}, "wrong"),
        ({"expect": [{"quantity": "temperature", "value": 21.5, "unit": "°C", "channel": "x"}]}, "missing"),
        ({"reject": [{"raw": "21.5"}]}, "reject"),
        ({"declares": [{"quantity": "temperature"}]}, "declare"),
    ],
)
def test_the_judge_is_strict(sample: dict[str, object], kind: str) -> None:
    verdict = judge([{"id": "a", "topic": "x/temperature", "payload": "21.5", **sample}], NOW)
    assert kind in {failure.kind for failure in verdict.failures}


def test_a_truth_must_be_read_or_refused_with_a_reason() -> None:
    truth = [{"quantity": "temperature", "value": 1, "unit": "°C"}]
    silent = judge([{"topic": "frigate/stats", "payload": "{}", "truth_if_decoded": truth}], NOW)
    assert [failure.kind for failure in silent.failures] == ["silent"]
    said = judge([{"topic": "nobody/knows", "payload": "1", "truth_if_decoded": truth}], NOW)
    assert said.failures == []
