"""What the environment may say, and what is said back when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.sms import PaperSender
from strongroom.carriers import sender_of, twilio_account
from strongroom.settings import Secret, SettingsError, child_environment, read_settings
from strongroom.variables import VARIABLES

SID = "AC" + "0" * 32


def problems(**environment: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            Path("buildings/demo"), environment={f"STRONGROOM_{k}": v for k, v in environment.items()}
        )
    assert all(problem.words.zh and problem.words.en for problem in caught.value.problems)
    return {
        problem.variable.removeprefix("STRONGROOM_"): problem.words.en for problem in caught.value.problems
    }


def test_nothing_set_gives_a_local_house() -> None:
    settings = read_settings(Path("buildings/demo"), environment={"PATH": "/bin"})
    assert settings.data == Path("var/demo")
    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 1883)
    assert (settings.sender, settings.dashboard_port, settings.demo) == ("none", 8501, False)


def test_everything_set_is_read() -> None:
    settings = read_settings(
        environment={
            "STRONGROOM_BUILDING": "b/city",
            "STRONGROOM_DATA": "/srv/city",
            "STRONGROOM_MQTT_HOST": "broker.archive.example",
            "STRONGROOM_MQTT_TLS": "yes",
            "STRONGROOM_MQTT_USERNAME": "engine",
            "STRONGROOM_MQTT_PASSWORD": "pass-word",
            "STRONGROOM_TWILIO_ACCOUNT_SID": SID,
            "STRONGROOM_TWILIO_AUTH_TOKEN": "tok-en",
            "STRONGROOM_TWILIO_FROM": "+15005550006",
            "STRONGROOM_INFLUX_URL": "http://127.0.0.1:8086/",
            "STRONGROOM_DEMO": "1",
        }
    )
    assert settings.building == Path("b/city")
    assert settings.broker.port == 8883
    assert settings.sender == "twilio"
    assert settings.twilio.token.reveal() == "tok-en"
    assert settings.influx.url == "http://127.0.0.1:8086"
    assert settings.demo


def test_nothing_secret_is_printed() -> None:
    settings = read_settings(
        Path("b"),
        environment={
            "STRONGROOM_MQTT_USERNAME": "engine",
            "STRONGROOM_MQTT_PASSWORD": "pw-1",
            "STRONGROOM_TWILIO_ACCOUNT_SID": SID,
            "STRONGROOM_TWILIO_AUTH_TOKEN": "pw-2",
            "STRONGROOM_TWILIO_FROM": "+15005550006",
            "STRONGROOM_INFLUX_TOKEN": "pw-3",
            "STRONGROOM_COOKIE_KEY": "pw-4" * 10,
        },
    )
    for shown in (repr(settings), str(settings), f"{settings!r}"):
        assert "pw-" not in shown


@pytest.mark.parametrize(
    ("given", "variable", "says"),
    [
        ({"MQTT_PORT": "88 83"}, "MQTT_PORT", "1 to 65535"),
        ({"MQTT_PORT": "１８８３"}, "MQTT_PORT", "1 to 65535"),
        ({"MQTT_PORT": "0"}, "MQTT_PORT", "1 to 65535"),
        ({"MQTT_HOST": "mqtt://broker"}, "MQTT_HOST", "only a host"),
        ({"MQTT_PASSWORD": "x"}, "MQTT_USERNAME", "write the name"),
        ({"MQTT_TLS": "maybe"}, "MQTT_TLS", "yes or no"),
        ({"MQTT_TLS": "yes", "MQTT_CA": "/no/such.pem"}, "MQTT_CA", "no file /no/such.pem"),
        ({"SENDER": "pigeon"}, "SENDER", "none, paper, twilio"),
        ({"SENDER": "twilio"}, "TWILIO_ACCOUNT_SID", "34 characters"),
        ({"TWILIO_ACCOUNT_SID": SID}, "TWILIO_AUTH_TOKEN", "copy it"),
        ({"INFLUX_URL": "localhost:8086"}, "INFLUX_URL", "http://"),
        ({"COOKIE_KEY": "short"}, "COOKIE_KEY", "32"),
        ({"MQTT_HOSTNAME": "x"}, "MQTT_HOSTNAME", "did you mean STRONGROOM_MQTT_HOST?"),
        ({"DEMO": "да"}, "DEMO", "yes or no"),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_write(
    given: dict[str, str], variable: str, says: str
) -> None:
    assert says in problems(**given)[variable]


def test_all_problems_come_at_once() -> None:
    found = problems(MQTT_PORT="x", DASHBOARD_PORT="y", SENDER="z", MQTT_HOST="a/b")
    assert set(found) == {"MQTT_PORT", "DASHBOARD_PORT", "SENDER", "MQTT_HOST"}


def test_the_building_must_be_named() -> None:
    with pytest.raises(SettingsError, match=r"STRONGROOM_BUILDING.*buildings/demo"):
        read_settings(environment={})


def test_a_secret_compares_and_is_false_when_empty() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert not Secret()
    assert len({Secret("a"), Secret("a")}) == 1
    assert f"{Secret('a')} {Secret()}" == "*** (none)"


def test_children_get_ours_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRONGROOM_DATA", "/srv/x")
    environment = child_environment(STRONGROOM_DEMO="yes")
    assert (environment["STRONGROOM_DATA"], environment["STRONGROOM_DEMO"]) == ("/srv/x", "yes")


def test_every_variable_is_explained_in_both_languages() -> None:
    assert all(words.zh and words.en for words in VARIABLES.values())


def test_everything_about_reaching_people_is_read() -> None:
    settings = read_settings(
        Path("b"),
        environment={
            "STRONGROOM_TWILIO_ACCOUNT_SID": SID,
            "STRONGROOM_TWILIO_AUTH_TOKEN": "one",
            "STRONGROOM_TWILIO_AUTH_TOKEN_2": "two",
            "STRONGROOM_TWILIO_FROM": "MG" + "1" * 32,
            "STRONGROOM_TWILIO_FROM_2": "+15005550006",
            "STRONGROOM_TWILIO_VOICE_FROM": "+15005550007",
            "STRONGROOM_TWILIO_KEYS_URL": "https://handler.twilio.com/twiml/EH1/",
            "STRONGROOM_PUBLIC_URL": "https://archive.example/",
            "STRONGROOM_SMTP_URL": "smtp://u:hidden@mail.example",
            "STRONGROOM_CHANNELS": "wecom=wecombot://hidden ops=ntfys://n.example/x",
            "STRONGROOM_BEAT_URL": "https://a.example/1, https://b.example/2/",
            "STRONGROOM_TEST_AT": "7:30",
        },
    )
    assert "hidden" not in repr(settings)
    assert settings.beat_url.split() == ["https://a.example/1", "https://b.example/2"]
    assert settings.test_at == "07:30"
    account = twilio_account(settings)
    assert account.tokens == ("one", "two")
    assert account.senders == ("MG" + "1" * 32, "+15005550006")
    assert (account.voice, account.public_url) == (("+15005550007",), "https://archive.example")
    sender = sender_of(settings)
    assert sender is not None
    assert sender.channels == {"sms", "voice", "mail", "wecom", "ops"}


def test_without_any_account_there_is_no_sender_and_paper_takes_no_daily_test() -> None:
    nothing = read_settings(Path("b"), environment={})
    assert sender_of(nothing) is None
    paper = read_settings(Path("b"), environment={"STRONGROOM_SENDER": "paper"})
    assert paper.test_at == ""
    assert isinstance(sender_of(paper), PaperSender)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example:25"),
        ("CHANNELS", "wecom"),
        ("CHANNELS", "sms=json://x/y"),
        ("TEST_AT", "24:00"),
        ("TEST_AT", "7"),
        ("BEAT_URL", "https://a.example ftp://b"),
    ],
)
def test_a_wrong_channel_is_named_with_what_to_write(name: str, value: str) -> None:
    assert list(problems(**{name: value})) == [name]
