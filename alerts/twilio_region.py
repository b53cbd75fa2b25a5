"""Whether an account may reach the people's countries, asked without sending anything.

Three read-only resources of Twilio's: Lookup v2 (basic look-ups: is it a number, of which country), messaging geo
permissions (Accounts v1) and voice dialling permissions (Voice v1). An account that may not read one of them gets "not
known", which is no fault: the first daily test then shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from twilio.base.exceptions import TwilioException

from alerts.probes import Probe
from sensors.model import Text

MOST = 100  # look-ups in one examination


def regions(client: Any, phones: Mapping[str, str], *, calls: bool) -> list[Probe]:
    """One probe for each number that is none, and one for each country of ``phones`` (person id to E.164)."""
    found: list[Probe] = []
    countries: dict[str, list[str]] = {}
    for person, phone in list(phones.items())[:MOST]:
        known = _asked(client.lookups.v2.phone_numbers(phone).fetch)
        if known is None:
            continue
        if not known.valid:
            found.append(_invalid(person))
        elif known.country_code:
            countries.setdefault(known.country_code, []).append(person)
    for country, people in countries.items():
        found.append(_country(client, country, people, calls=calls))
    return found


def _country(client: Any, country: str, people: list[str], *, calls: bool) -> Probe:
    texts = _asked(lambda: _texts(client, country))
    voice = _asked(lambda: client.voice.v1.dialing_permissions.countries(country).fetch()) if calls else None
    names = ", ".join(people[:5]) + ("…" if len(people) > 5 else "")
    what = Text(f"地区 {country}（{names}）", f"region {country} ({names})")
    closed = [
        word
        for word, shut in (
            (Text("短信", "texts"), texts is False),
            (Text("电话", "calls"), voice is not None and voice.low_risk_numbers_enabled is False),
        )
        if shut
    ]
    if closed:
        zh, en = "、".join(w.zh for w in closed), " and ".join(w.en for w in closed)
        return Probe(
            what=what,
            well=False,
            words=Text(f"未开通{zh}。", f"Not enabled for {en}."),
            remedy=Text(
                "在 Twilio 控制台的 Geo permissions 里开通该国家或地区。",
                "Enable that country under Geo permissions in the Twilio console.",
            ),
        )
    if texts is None and voice is None:
        return Probe(
            what=what,
            well=True,
            words=Text(
                "查不到是否开通；每日测试会发现。",
                "Whether it is enabled cannot be read; the daily test will show.",
            ),
        )
    return Probe(what=what, well=True, words=Text("已开通。", "Enabled."))


def _texts(client: Any, country: str) -> bool | None:
    """Whether texts to a country are enabled; None if the answer does not say."""
    answer = client.accounts.v1.messaging_geopermissions.fetch(country_code=country)
    listed = answer.permissions if isinstance(answer.permissions, list) else []
    for one in listed:
        if (
            isinstance(one, dict)
            and one.get("country_code") == country
            and one.get("type", "country") == "country"
        ):
            return bool(one.get("enabled"))
    return None


def _invalid(person: str) -> Probe:
    return Probe(
        what=Text(f"{person} 的电话", f"{person}'s telephone"),
        well=False,
        words=Text("不是有效号码。", "It is no valid number."),
        remedy=Text(
            "在 people.toml 改正 phone（+国家码开头）。",
            "Correct phone in people.toml (begin with + and country).",
        ),
    )


def _asked(do: Callable[[], Any]) -> Any:
    """The answer; None where it cannot be had."""
    try:
        return do()
    except (TwilioException, requests.RequestException, ValueError, KeyError):
        return None
