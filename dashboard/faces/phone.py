"""手机 Phones: the messages as they arrive on each person's phone, and the way to answer with the code.

In a demonstration every phone is shown, plainly marked as paper. Otherwise people see the messages to themselves;
who may see telephone numbers sees everybody's.
"""

from __future__ import annotations

import json

from alerts.model import Notice, NoticeState, Person
from dashboard.faces.chrome import card, empty
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene


def masked(scene: Scene, phone: str) -> str:
    """A telephone number; only its ends for those without the right to it."""
    if scene.viewer.may("phones") or len(phone) < 8:
        return phone
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"


def face(scene: Scene) -> str:
    """The whole body."""
    board = scene.board
    notices = sorted(board.notices if board else (), key=lambda n: (n.due_at, n.id))
    sees_all = scene.demo or scene.viewer.may("phones")
    by: dict[str, list[Notice]] = {}
    for notice in notices:
        if not notice.person or notice.state is NoticeState.NOTED:
            continue  # a record of a decision: nothing that a phone would show
        if sees_all or notice.person == scene.viewer.person:
            by.setdefault(notice.person, []).append(notice)
    paper = scene.demo or (board.health.sender if board else "") == "paper"
    mark = (
        tag("p", tag("b", "纸面演示，未真正发出 PAPER TRAIL, NOT SENT"), class_="sr-paper", data_key="paper")
        if paper
        else ""
    )
    if not by:
        words = scene.w("phone.none" if sees_all else "phone.none_yours")
        return tag("div", mark, card("", empty(words), key="none"), class_="sr-one")
    order = sorted(by, key=lambda person: -by[person][-1].due_at)
    phones = join(phone(scene, person, by[person], paper) for person in order)
    return tag(
        "div", mark, tag("div", phones, class_="sr-phones", data_key="phones"), class_="sr-one sr-wide"
    )


def phone(scene: Scene, person: str, notices: list[Notice], paper: bool) -> str:
    """One phone with its newest messages, newest last as on a real one."""
    known = scene.building.people.get(person)
    name = scene.person_name(person)
    number = masked(scene, known.phone) if known else ""
    head = tag("header", tag("b", esc(name)), tag("span", esc(number), class_="sr-num"))
    shown = notices[-6:]
    bubbles = join(bubble(scene, notice, known, paper) for notice in shown)
    earlier = (
        tag("p", esc(scene.w("phone.earlier", n=len(notices) - 6)), class_="sr-empty")
        if len(notices) > 6
        else ""
    )
    return tag(
        "section",
        head,
        tag("div", earlier, bubbles, class_="sr-screen"),
        class_="sr-phone",
        data_key=f"phone-{person}",
    )


def bubble(scene: Scene, notice: Notice, person: Person | None, paper: bool) -> str:
    """One message, how far it came, why this person, and the field for the code."""
    w = scene.w
    state = w.named("notice", notice.state.value)
    at = scene.clock(max(notice.at.values(), default=notice.due_at))
    language = "zh-CN" if person is None or person.language == "zh" else "en"
    channel = w.named("channel", notice.channel)
    stamp = tag(
        "small",
        "纸面 PAPER · " if paper else "",
        esc(f"{channel} · {state} · {at}"),
    )
    why = tag("small", esc(w.of(notice.reason)), class_="sr-whyline") if notice.reason.zh else ""
    parts = [tag("p", esc(notice.words), lang=language, class_="sr-sms"), stamp, why]
    if notice.error:
        parts.append(tag("small", esc(notice.error), class_="sr-problemline"))
    mine = scene.demo or (person is not None and person.id == scene.viewer.person)
    open_states = ("due", "sending", "accepted", "ringing", "sent", "delivered", "uncertain", "no_answer")
    if mine and notice.code and notice.state.value in open_states:
        reply = {"type": "reply.received", "notice": notice.id}
        quick = json.dumps({**reply, "words": f"{notice.code}A"})
        words = w("phone.take", code=f"{notice.code}A")
        asked = {"aria_label": w("phone.code"), "placeholder": w("phone.code")}
        field = tag("input", name="words", required=True, maxlength="40", autocomplete="off", **asked)
        send = tag("button", esc(w("phone.answer")), type="submit", class_="sr-button")
        take = button(words, kind="main", data_act=quick, data_key=f"take-{notice.id}")
        keys = {"data_act": json.dumps(reply), "data_key": f"reply-{notice.id}"}
        parts += [tag("div", take, class_="sr-bar"), tag("form", field, send, class_="sr-sayform", **keys)]
    drill = " sr-drilled" if notice.drill else ""
    return tag(
        "div", *parts, class_=f"sr-bubble sr-n-{notice.state.value}{drill}", data_key=f"sms-{notice.id}"
    )
