"""Setup, the part about instruments: unknown devices, calibrations, sensors out of service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from dashboard.faces.chrome import card, drawer, empty
from dashboard.html import button, esc, join, mark, tag
from dashboard.looks import number
from dashboard.scene import Scene
from sensors.derived import DIALECT as DERIVED
from sensors.model import Calibration, Sensor
from sensors.newcomer import Claim, Newcomer
from sensors.quantities import quantity
from sensors.templates import fitting
from strongroom.folder.calibrations import newest

RIGHT = "instruments"
SHOWN = 60
CLAIMS_SHOWN = 8
SAMPLE_SHOWN = 100
DAY_S = 86_400.0
OUT_H = (1, 4, 24, 72, 168, 720)


def inbox(scene: Scene, newcomers: Sequence[Newcomer]) -> str:
    """Devices heard that nobody registered, with what they say and forms to register or dismiss them."""
    w = scene.w
    put_aside = [one for one in newcomers if one.dismissed is not None]
    newcomers = [one for one in newcomers if one.dismissed is None]
    understood = [one for one in newcomers if one.understood]
    others = [one for one in newcomers if not one.understood]
    parts = (
        [tag("ul", *(_newcomer(scene, one) for one in understood[:SHOWN]), class_="sr-devices")]
        if understood
        else []
    )
    if not newcomers:
        parts.append(empty(w("devices.none")))
    if others:
        rows = (
            tag(
                "li",
                tag("b", esc(one.topic)),
                tag("span", esc(w.named("reject", one.why))),
                tag("small", esc(_sample(one))),
                tag("small", esc(_heard(scene, one))),
                tag("div", _dismiss(scene, one), class_="sr-bar"),
                class_="sr-problemrow",
                data_key=f"odd-{one.id}",
            )
            for one in others[:SHOWN]
        )
        parts += [tag("p", tag("b", esc(w("devices.unread", n=len(others))))), tag("ul", *rows)]
    counted = scene.board.strangers if scene.board else None
    if counted is not None and (counted.refused_sources or counted.skipped_messages):
        parts.append(
            tag(
                "p",
                mark("F", size=18),
                " ",
                esc(w("devices.flood", sources=counted.refused_sources, messages=counted.skipped_messages)),
            )
        )
    if put_aside:
        parts.append(_dismissed(scene, put_aside))
    return card(w("devices.inbox"), *parts, key="inbox")


def _dismiss(scene: Scene, one: Newcomer) -> str:
    """Seen, and not ours: with a reason, under one's name, until it changes."""
    w = scene.w
    form = tag(
        "form",
        _field(w("alarm.reason"), "reason", required=True, maxlength="200"),
        tag("p", esc(w("devices.dismiss_means"))),
        tag("button", esc(w("devices.dismiss")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "device.dismiss", "newcomer": one.id}),
        data_key=f"dismissform-{one.id}",
        class_="sr-form",
    )
    return drawer(w("devices.dismiss"), form, key=f"dismiss-{one.id}")


def _dismissed(scene: Scene, put_aside: Sequence[Newcomer]) -> str:
    """Who dismissed what, when and why, and the way back."""
    w = scene.w
    rows: list[str] = []
    for one in put_aside[:SHOWN]:
        word = one.dismissed
        if word is None:
            continue
        said = w(
            "devices.dismissed_by", who=scene.person_name(word.by), at=scene.clock(word.at, seconds=False)
        )
        act = json.dumps({"type": "device.recall", "newcomer": one.id})
        rows.append(
            tag(
                "li",
                tag("b", esc(one.topic)),
                tag("span", esc(f"{said}: {word.reason}")),
                tag("small", esc(_heard(scene, one))),
                tag(
                    "div",
                    button(w("devices.recall"), data_act=act, data_key=f"recall-{one.id}"),
                    class_="sr-bar",
                ),
                class_="sr-problemrow",
                data_key=f"gone-{one.id}",
            )
        )
    return tag(
        "details",
        tag("summary", esc(w("devices.dismissed", n=len(put_aside)))),
        tag("ul", *rows),
        data_key="dismissed",
        data_keep=True,
    )


def _newcomer(scene: Scene, one: Newcomer) -> str:
    w = scene.w
    made = " ".join(part for part in (one.vendor, one.model) if part)
    more = len(one.claims) - CLAIMS_SHOWN
    values = [_claim(scene, claim) for claim in one.claims[:CLAIMS_SHOWN]]
    values += [w("devices.more", n=more)] if more > 0 else []
    return tag(
        "li",
        tag("b", esc(made or one.device)),
        tag("small", esc(f"{one.topic} · {one.dialect or '?'} · {one.id}")),
        tag("span", esc(" · ".join(values))),
        tag("small", esc(_heard(scene, one))),
        tag("div", _adopt(scene, one), _replace(scene, one), _dismiss(scene, one), class_="sr-bar"),
        class_="sr-problemrow",
        data_key=f"new-{one.id}",
    )


def _sample(one: Newcomer) -> str:
    """The beginning of its last message, as far as that can be shown."""
    text = one.sample[:SAMPLE_SHOWN].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _heard(scene: Scene, one: Newcomer) -> str:
    w = scene.w
    often = w("devices.every", span=scene.span(one.every_s)) if one.every_s else w("devices.once")
    since = w("devices.seen", first=scene.clock(one.first_at), last=scene.clock(one.last_at), n=one.messages)
    return f"{since} · {often}"


def _claim(scene: Scene, claim: Claim) -> str:
    known = quantity(claim.quantity)
    name = scene.w.of(known.name) if known else claim.quantity
    if claim.value is None:
        value = scene.w("devices.announced")
    elif known is not None and known.contact:
        value = scene.w.of(known.state_word(claim.value))
    else:
        value = number(claim.value, claim.unit)
    return f"{name} {value}" + (f" ({claim.channel})" if claim.channel else "")


def _adopt(scene: Scene, one: Newcomer) -> str:
    w = scene.w
    fits = fitting(scene.building.templates.values(), one.vendor, one.model)
    models = [tag("option", esc(w.of(fits.name) if fits else w("devices.no_template")), value="")]
    models += [
        tag("option", esc(w.of(template.name)), value=template.id)
        for template in scene.building.templates.values()
        if fits is None or template.id != fits.id
    ]
    form = tag(
        "form",
        tag("label", esc(w("devices.zone")), tag("select", _zones(scene), name="zone", required=True)),
        _field(w("devices.name_zh"), "name_zh", required=True),
        _field(w("devices.name_en"), "name_en"),
        _field(w("devices.stem"), "stem"),
        tag("label", esc(w("devices.template")), tag("select", *models, name="template")),
        tag("p", esc(w("devices.adopt_means"))),
        tag("button", esc(w("devices.adopt")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "device.adopt", "newcomer": one.id}),
        data_key=f"adoptform-{one.id}",
        class_="sr-form",
    )
    return drawer(w("devices.adopt"), form, key=f"adopt-{one.id}")


def _replace(scene: Scene, one: Newcomer) -> str:
    """The device takes the place of one that is there: only places whose quantity it gives are offered."""
    w = scene.w
    gives = {claim.quantity for claim in one.claims}
    places = [
        sensor
        for sensor in scene.building.sensors.values()
        if (known := quantity(sensor.quantity)) is not None
        and known.id in gives
        and sensor.dialect != DERIVED
    ]
    if not places:
        return ""
    form = tag(
        "form",
        tag(
            "label",
            esc(w("devices.place")),
            tag("select", _options(scene, places), name="sensor", required=True),
        ),
        _field(w("alarm.reason"), "reason", required=True),
        tag("p", esc(w("devices.replace_means"))),
        tag("button", esc(w("devices.replace")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "device.replace", "newcomer": one.id}),
        data_key=f"replaceform-{one.id}",
        class_="sr-form",
    )
    return drawer(w("devices.replace"), form, key=f"replace-{one.id}")


def calibrations(scene: Scene) -> str:
    """When calibrations end, the first to end first, and a form to record one."""
    w = scene.w
    rows = newest(scene.building.calibrations)
    timed = sorted(
        (sensor for sensor in scene.building.sensors.values() if sensor.calibrate_by_at is not None),
        key=lambda sensor: (sensor.calibrate_by_at or 0.0, sensor.id),
    )
    lines = [_calibration(scene, sensor, rows.get(sensor.id)) for sensor in timed[:SHOWN]]
    body = tag("ul", *lines) if timed else empty(w("devices.no_calibration"))
    left = never_calibrated(scene)
    note = tag("p", esc(w("devices.uncalibrated", n=len(left))), class_="sr-empty") if left else ""
    return card(w("devices.calibration"), body, note, _calibrate(scene), key="calibration")


def _calibration(scene: Scene, sensor: Sensor, row: Calibration | None) -> str:
    w = scene.w
    days = ((sensor.calibrate_by_at or 0.0) - scene.now) / DAY_S
    state = w("devices.overdue") if days < 0 else w("devices.due_in", n=int(days) + 1)
    known = quantity(sensor.quantity)
    unit = known.unit if known else ""
    correction = f"{sensor.offset:+g} {unit}".strip() if sensor.offset or sensor.gain == 1.0 else ""
    if sensor.gain != 1.0:
        correction = f"× {sensor.gain:g} {correction}".strip()
    facts = [correction, row.certificate if row else "", row.due if row else "", state]
    return tag(
        "li",
        tag("b", mark("F", size=18) + " " if days < 0 else "", esc(w.of(sensor.name))),
        tag("span", esc(" · ".join(fact for fact in facts if fact))),
        class_="sr-problemrow",
        data_key=f"cal-{sensor.id}",
    )


def _calibrate(scene: Scene) -> str:
    w = scene.w
    listed = measuring(scene)
    if not scene.viewer.may(RIGHT) or not listed:
        return ""
    today = scene.local(scene.now).date().isoformat()
    form = tag(
        "form",
        tag("label", esc(w("devices.sensor")), tag("select", _options(scene, listed), name="sensor")),
        _field(w("devices.on"), "on", type="date", value=today, max=today, required=True),
        _field(
            w("devices.offset"),
            "offset",
            type="number",
            step="any",
            value="0",
            data_kind="number",
            required=True,
        ),
        _field(
            w("devices.gain"), "gain", type="number", step="any", value="1", data_kind="number", required=True
        ),
        _field(w("devices.due"), "due", type="date", required=True),
        _field(w("devices.certificate"), "certificate"),
        _field(w("devices.by_whom"), "by_whom"),
        tag("p", esc(w("devices.calibrate_means"))),
        tag("button", esc(w("devices.calibrate")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "device.calibrate"}),
        data_key="calibrateform",
        class_="sr-form",
    )
    return drawer(w("devices.calibrate"), form, key="calibrate")


def aside(scene: Scene) -> str:
    """Sensors and rules out of service: by whom, why, until when; nothing is out without an end."""
    w = scene.w
    board = scene.board
    rows: list[str] = []
    for one in board.aside if board else ():
        sensor = scene.building.sensors.get(one.sensor)
        back = json.dumps({"type": "sensor.in_service", "sensor": one.sensor})
        rows.append(
            tag(
                "li",
                tag("b", mark("F", size=18), " ", esc(w.of(sensor.name) if sensor else one.sensor)),
                tag("span", esc(_until(scene, one.by, one.until_at, one.reason))),
                tag(
                    "div",
                    button(w("alarm.in_service"), data_act=back, data_key=f"back-{one.sensor}"),
                    class_="sr-bar",
                )
                if scene.viewer.may(RIGHT)
                else "",
                class_="sr-problemrow",
                data_key=f"aside-{one.sensor}",
            )
        )
    for alarm in board.alarms if board else ():
        shelf = alarm.out_of_service
        if shelf is not None:
            rows.append(
                tag(
                    "li",
                    tag(
                        "b",
                        mark("F", size=18),
                        " ",
                        esc(f"{w.of(alarm.name)} · {scene.zone_name(alarm.zone)}"),
                    ),
                    tag("span", esc(_until(scene, shelf.by, shelf.until_at, shelf.reason))),
                    class_="sr-problemrow",
                    data_key=f"asiderule-{alarm.id}",
                )
            )
    body = tag("ul", *rows) if rows else empty(w("devices.none_aside"))
    return card(w("devices.aside"), body, _take_out(scene), key="aside")


def _until(scene: Scene, by: str, until_at: float, reason: str) -> str:
    until = f"{scene.local(until_at):%m-%d %H:%M}"
    return scene.w("alarm.oos_by", who=scene.person_name(by), until=until, reason=reason)


def _take_out(scene: Scene) -> str:
    w = scene.w
    if not scene.viewer.may(RIGHT) or not scene.building.sensors:
        return ""
    hours = join(
        tag("option", esc(w("alarm.hours", n=n) if n < 48 else w("alarm.days", n=n // 24)), value=str(n * 60))
        for n in OUT_H
    )
    form = tag(
        "form",
        tag(
            "label",
            esc(w("devices.sensor")),
            tag("select", _options(scene, scene.building.sensors.values()), name="sensor"),
        ),
        tag("label", esc(w("alarm.for")), tag("select", hours, name="for_min", data_kind="number")),
        _field(w("alarm.reason"), "reason", required=True),
        tag("p", esc(w("devices.out_means"))),
        tag("button", esc(w("devices.out")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "sensor.out_of_service"}),
        data_key="takeoutform",
        class_="sr-form",
    )
    return drawer(w("devices.out"), form, key="takeout")


def measuring(scene: Scene) -> list[Sensor]:
    """Sensors that have something to calibrate."""
    return [
        sensor
        for sensor in scene.building.sensors.values()
        if sensor.dialect != DERIVED and not ((known := quantity(sensor.quantity)) and known.contact)
    ]


def never_calibrated(scene: Scene) -> list[Sensor]:
    """Measuring sensors of which no calibration is recorded."""
    rows = newest(scene.building.calibrations)
    return [sensor for sensor in measuring(scene) if sensor.id not in rows]


def _options(scene: Scene, sensors: Iterable[Sensor]) -> str:
    return join(
        tag("option", esc(f"{scene.w.of(sensor.name)} · {sensor.id}"), value=sensor.id) for sensor in sensors
    )


def _zones(scene: Scene) -> str:
    return join(
        tag("option", esc(scene.w.of(zone.name)), value=zone.id) for zone in scene.building.zones.values()
    )


def _field(words: str, name: str, **more: object) -> str:
    more.setdefault("maxlength", "120")
    return tag("label", esc(words), tag("input", name=name, **more))
