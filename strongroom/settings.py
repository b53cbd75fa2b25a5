"""Addresses and secrets, read from the environment once; the only module that looks at it.

Every variable is in :mod:`strongroom.variables` with the words an operator needs. Nothing secret shows in a repr.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ingest.messages import BrokerAddress
from sensors.model import Text
from strongroom.variables import VARIABLES

Sender = Literal["none", "paper", "twilio"]

_ELSEWHERE = {"STRONGROOM_SHARED", "STRONGROOM_KILLS", "STRONGROOM_GOLDEN"}  # read by the tests


class Secret:
    """A word that must not be seen: prints as ``***``; :meth:`reveal` gives it."""

    __slots__ = ("_word",)

    def __init__(self, word: str = "") -> None:
        self._word = word

    def reveal(self) -> str:
        """The word itself, for the one call that needs it."""
        return self._word

    def __bool__(self) -> bool:
        return bool(self._word)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._word == self._word

    def __hash__(self) -> int:
        return hash(self._word)

    def __repr__(self) -> str:
        return "***" if self._word else "(none)"

    __str__ = __repr__


class Twilio(Struct, frozen=True, kw_only=True):
    """The telecom account. ``sender`` is a number (+…) or a messaging service (MG…).

    ``token_2`` and ``sender_2`` stand beside the first; ``voice`` calls; ``keys_url`` takes pressed keys.
    """

    account: str = ""
    token: Secret = Secret()
    sender: str = ""
    url: str = ""
    token_2: Secret = Secret()
    sender_2: str = ""
    voice: str = ""
    keys_url: str = ""


class Influx(Struct, frozen=True, kw_only=True):
    """The optional series store; an empty ``url`` means the embedded one."""

    url: str = ""
    token: Secret = Secret()
    org: str = ""
    bucket: str = "strongroom"


class Settings(Struct, frozen=True, kw_only=True):
    """Everything the environment decides. Safe to print."""

    building: Path
    data: Path
    broker: BrokerAddress = BrokerAddress()
    sender: Sender = "none"
    twilio: Twilio = Twilio()
    influx: Influx = Influx()
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = 8501
    cookie_key: Secret = Secret()
    public_url: str = ""
    beat_url: str = ""
    smtp: Secret = Secret()
    mail_from: str = ""
    channels: dict[str, Secret] = {}
    test_at: str = ""  # local "HH:MM" of the daily test; empty for none
    demo: bool = False


class SettingProblem(Struct, frozen=True):
    """One variable that cannot be used: which, what is wrong, what to write."""

    variable: str
    words: Text


class SettingsError(Exception):
    """Raised with every problem at once; ``str()`` is one line a problem in both languages."""

    def __init__(self, problems: tuple[SettingProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{p.variable}: {p.words.zh} · {p.words.en}" for p in problems))


def read_settings(
    building: Path | None = None, data: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings from the environment; ``building`` and ``data`` given on the command line win.

    Raises :class:`SettingsError` naming every variable that is missing, wrong or unknown.
    """
    return _Reader(os.environ if environment is None else environment).settings(building, data)


def child_environment(**more: str) -> dict[str, str]:
    """Our environment with additions, for a child process."""
    return {**os.environ, **more}


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = {
            name: value.strip() for name, value in environment.items() if name.startswith("STRONGROOM_")
        }
        self._problems: list[SettingProblem] = []

    def settings(self, building: Path | None, data: Path | None) -> Settings:
        self._unknown()
        folder = building or self._folder()
        broker = self._broker()
        twilio = Twilio(
            account=self._text("TWILIO_ACCOUNT_SID"),
            token=Secret(self._text("TWILIO_AUTH_TOKEN")),
            sender=self._text("TWILIO_FROM"),
            url=self._url("TWILIO_URL"),
            token_2=Secret(self._text("TWILIO_AUTH_TOKEN_2")),
            sender_2=self._text("TWILIO_FROM_2"),
            voice=self._text("TWILIO_VOICE_FROM"),
            keys_url=self._url("TWILIO_KEYS_URL"),
        )
        settings = Settings(
            building=folder,
            data=data or Path(self._text("DATA") or Path("var", folder.name or "building")),
            broker=broker,
            sender=self._sender(twilio),
            twilio=twilio,
            influx=Influx(
                url=self._url("INFLUX_URL"),
                token=Secret(self._text("INFLUX_TOKEN")),
                org=self._text("INFLUX_ORG"),
                bucket=self._text("INFLUX_BUCKET") or "strongroom",
            ),
            dashboard_host=self._text("DASHBOARD_HOST") or "127.0.0.1",
            dashboard_port=self._port("DASHBOARD_PORT", 8501),
            cookie_key=self._key(),
            public_url=self._url("PUBLIC_URL"),
            beat_url=self._urls("BEAT_URL"),
            smtp=self._smtp(),
            mail_from=self._text("MAIL_FROM"),
            channels=self._channels(),
            test_at=self._test_at(),
            demo=self._yes("DEMO"),
        )
        if self._problems:
            raise SettingsError(tuple(self._problems))
        return settings

    def _text(self, name: str) -> str:
        return self._given.get(f"STRONGROOM_{name}", "")

    def _wrong(self, name: str, zh: str, en: str) -> None:
        self._problems.append(SettingProblem(f"STRONGROOM_{name}", Text(zh, en)))

    def _unknown(self) -> None:
        for name in sorted(set(self._given) - set(VARIABLES) - _ELSEWHERE):
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.6)
            zh, en = (f"；是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
            self._problems.append(
                SettingProblem(name, Text(f"没有这个变量{zh}", f"there is no such variable{en}"))
            )

    def _folder(self) -> Path:
        folder = self._text("BUILDING")
        if not folder:
            self._wrong(
                "BUILDING",
                "未设置；请写建筑目录，例如 buildings/demo",
                "not set; write the building folder, e.g. buildings/demo",
            )
        return Path(folder)

    def _broker(self) -> BrokerAddress:
        tls = self._yes("MQTT_TLS")
        user, password = self._text("MQTT_USERNAME"), self._text("MQTT_PASSWORD")
        if password and not user:
            self._wrong(
                "MQTT_USERNAME",
                "有密码而没有用户名；请写用户名",
                "a password without a user name; write the name",
            )
        files = {name: self._file(name) for name in ("MQTT_CA", "MQTT_CERT", "MQTT_KEY")}
        if any(files.values()) and not tls:
            self._wrong(
                "MQTT_TLS",
                "给了证书文件但未启用 TLS；请写 yes",
                "certificate files are given but TLS is off; write yes",
            )
        if files["MQTT_KEY"] and not files["MQTT_CERT"]:
            self._wrong(
                "MQTT_CERT", "有私钥而没有证书；请写证书文件", "a key without a certificate; write its file"
            )
        host = self._text("MQTT_HOST") or "127.0.0.1"
        if "://" in host or "/" in host:
            self._wrong(
                "MQTT_HOST",
                f"“{host}”不是主机名；请只写主机名或 IP 地址",
                f"{host!r} is not a host; write only a host name or IP address",
            )
        return BrokerAddress(
            host=host,
            port=self._port("MQTT_PORT", 8883 if tls else 1883),
            username=user,
            password=password,
            tls=tls,
            ca_file=files["MQTT_CA"],
            cert_file=files["MQTT_CERT"],
            key_file=files["MQTT_KEY"],
        )

    def _sender(self, twilio: Twilio) -> Sender:
        word = self._text("SENDER")
        if word not in {"", "none", "paper", "twilio"}:
            self._wrong(
                "SENDER",
                f"“{word}”无效；请写 none、paper 或 twilio",
                f"{word!r} is not one of none, paper, twilio",
            )
            return "none"
        any_given = twilio.account or twilio.token or twilio.sender
        sender: Sender = "none"
        if word == "twilio" or (not word and any_given):
            sender = "twilio"
        elif word == "paper":
            sender = "paper"
        if sender == "twilio":
            self._check_twilio(twilio)
        return sender

    def _check_twilio(self, twilio: Twilio) -> None:
        if not (twilio.account.startswith("AC") and len(twilio.account) == 34):
            self._wrong(
                "TWILIO_ACCOUNT_SID",
                "应为 AC 开头的 34 个字符；请从 Twilio 控制台复制",
                "must be 34 characters beginning with AC; copy it from the Twilio console",
            )
        if not twilio.token:
            self._wrong(
                "TWILIO_AUTH_TOKEN",
                "未设置；请从 Twilio 控制台复制",
                "not set; copy it from the Twilio console",
            )
        if not twilio.sender.startswith(("+", "MG")):
            self._wrong(
                "TWILIO_FROM",
                "请写 +国家码开头的号码或 MG 开头的消息服务",
                "write a number beginning with + and country code, or a messaging service beginning with MG",
            )

    def _file(self, name: str) -> str:
        path = self._text(name)
        if path and not Path(path).is_file():
            self._wrong(name, f"找不到文件 {path}", f"there is no file {path}")
        return path

    def _port(self, name: str, default: int) -> int:
        word = self._text(name)
        if not word:
            return default
        if not (word.isascii() and word.isdigit() and 0 < int(word) < 65536):
            self._wrong(
                name,
                f"“{word}”不是端口；请写 1 到 65535 的数",
                f"{word!r} is not a port; write a number from 1 to 65535",
            )
            return default
        return int(word)

    def _yes(self, name: str) -> bool:
        word = self._text(name).lower()
        if word not in {"", "yes", "no", "true", "false", "1", "0"}:
            self._wrong(name, f"“{word}”无效；请写 yes 或 no", f"{word!r} is neither; write yes or no")
        return word in {"yes", "true", "1"}

    def _url(self, name: str) -> str:
        word = self._text(name)
        if word and not word.startswith(("http://", "https://")):
            self._wrong(
                name,
                f"“{word}”不是网址；应以 http:// 或 https:// 开头",
                f"{word!r} is no address; it begins with http:// or https://",
            )
        return word.rstrip("/")

    def _urls(self, name: str) -> str:
        words = self._text(name).replace(",", " ").split()
        wrong = [word for word in words if not word.startswith(("http://", "https://"))]
        if wrong:
            self._wrong(
                name,
                f"“{wrong[0]}”不是网址；应以 http:// 或 https:// 开头，多个以逗号分隔",
                f"{wrong[0]!r} is no address; it begins with http:// or https://, several are parted by commas",
            )
        return " ".join(word.rstrip("/") for word in words)

    def _test_at(self) -> str:
        word = self._text("TEST_AT").lower() or ("off" if self._text("SENDER") == "paper" else "10:00")
        if word == "off":
            return ""
        found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])", word, re.ASCII)
        if found is None:
            self._wrong(
                "TEST_AT",
                f"“{word}”应写成 10:00 这样的时刻，或 off",
                f"{word!r} is no time of day; write one like 10:00, or off",
            )
            return ""
        return f"{int(found[1]):02d}:{found[2]}"

    def _smtp(self) -> Secret:
        word = self._text("SMTP_URL")
        if word and not word.startswith(("smtp://", "smtps://", "smtp+plain://")):
            self._wrong(
                "SMTP_URL",
                "应写 smtp://用户:密码@主机:587 或 smtps://…",
                "write smtp://user:password@host:587 or smtps://…",
            )
        return Secret(word)

    def _channels(self) -> dict[str, Secret]:
        found: dict[str, Secret] = {}
        for part in self._text("CHANNELS").split():
            name, sign, address = part.partition("=")
            if (
                not sign
                or "://" not in address
                or not name.isidentifier()
                or name in {"sms", "voice", "mail"}
            ):
                # The part itself may hold a secret, so it is not shown.
                self._wrong(
                    "CHANNELS",
                    f"第 {len(found) + 1} 项应写 名称=地址，名称不能是 sms、voice、mail",
                    f"item {len(found) + 1} must read name=address, and the name not be sms, voice or mail",
                )
                continue
            found[name] = Secret(address)
        return found

    def _key(self) -> Secret:
        word = self._text("COOKIE_KEY")
        if word and len(word) < 32:
            self._wrong(
                "COOKIE_KEY", "太短；请写至少 32 个随机字符", "too short; write at least 32 random characters"
            )
        return Secret(word)
