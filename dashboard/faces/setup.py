"""设置 Setup: is the folder sound, who is on duty, do messages arrive, who looked? Instruments are changed by acts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alerts.model import NoticeState
from dashboard.faces.chrome import card, empty
from dashboard.faces.instruments import RIGHT, aside, calibrations, inbox
from dashboard.faces.phone import masked
from dashboard.faces.setup_reach import gaps, proof
from dashboard.faces.unwatched import unwatched
from dashboard.html import esc, join, mark, tag
from dashboard.scene import Scene
from sensors.newcomer import Newcomer
from strongroom import __version__
from strongroom.problems import Problem
from strongroom.users import Looked, User


def face(
    scene: Scene,
    problems: Sequence[Problem] | None = None,
    users: Sequence[User] = (),
    looks: Sequence[Looked] = (),
    newcomers: Sequence[Newcomer] = (),
) -> str:
    """The whole body. ``problems`` None: the folder cannot be checked from here."""
    left = [
        folder(scene, problems),
        unwatched(scene),
        aside(scene),
        calibrations(scene),
        channel(scene),
        papers(scene),
    ]
    right = [duty(scene), gaps(scene), proof(scene), refused(scene)]
    if scene.viewer.may(RIGHT):
        right.insert(0, inbox(scene, newcomers))
    if scene.viewer.may("users"):
        right += [people(scene, users), looked(scene, looks)]
    return tag(
        "div",
        tag("div", *left, class_="sr-left"),
        tag("div", *right, class_="sr-left"),
        class_="sr-halves sr-inset",
    )


def folder(scene: Scene, problems: Sequence[Problem] | None) -> str:
    """What ``strongroom check`` says of the folder."""
    w = scene.w
    house = scene.building
    facts = tag(
        "p",
        esc(
            w(
                "setup.folder_facts",
                floors=len(house.floors),
                zones=len(house.zones),
                sensors=len(house.sensors),
                rules=len(house.rules),
                holdings=len(house.holdings),
                revision=house.revision[:12],
                version=__version__,
            )
        ),
    )
    if problems is not None and not scene.viewer.may("rescue"):
        # What is wrong with the register tells where the best pieces stand.
        hidden = sum(Path(one.file).name == "holdings.csv" for one in problems)
        problems = [one for one in problems if Path(one.file).name != "holdings.csv"]
        facts += tag("p", esc(w("setup.register_problems", n=hidden))) if hidden else ""
    if problems is None:
        body = empty(w("setup.no_folder"))
    elif not problems:
        body = empty(w("setup.sound"))
    else:
        body = tag(
            "ul",
            *(
                tag(
                    "li",
                    tag("small", esc(f"{Path(problem.file).name}:{problem.line}"), class_="sr-num"),
                    tag("span", esc(w.of(problem.says))),
                    tag("small", esc(w.of(problem.write))) if problem.write.zh else "",
                    class_="sr-problemrow",
                )
                for problem in problems[:60]
            ),
        )
    return card(w("setup.folder"), facts, body, key="folder")


def duty(scene: Scene) -> str:
    """Who is on duty, and how people are reached."""
    w = scene.w
    now = scene.board.on_duty if scene.board else ()
    on = {one.person for one in now}
    rows = join(
        tag(
            "tr",
            tag(
                "th",
                esc(w.of(person.name)),
                tag("span", esc(w("setup.on_now")), class_="sr-tagged") if person.id in on else "",
                scope="row",
            ),
            tag("td", esc(", ".join(scene.role_name(role) for role in person.roles))),
            tag("td", esc(masked(scene, person.phone)), class_="sr-num"),
            data_key=f"p-{person.id}",
        )
        for person in scene.building.people.values()
    )
    warn = "" if now else tag("p", mark("F", size=18), " ", esc(w("status.nobody")))
    table = tag("table", tag("tbody", rows), class_="sr-table") if rows else empty(w("setup.no_people"))
    return card(w("setup.duty"), warn, tag("div", table, class_="sr-scroll"), key="duty")


def channel(scene: Scene) -> str:
    """How the last messages fared."""
    w = scene.w
    every = scene.board.notices if scene.board else ()
    notices = sorted((n for n in every if n.state is not NoticeState.NOTED), key=lambda n: -n.due_at)[:12]
    if not notices:
        return card(w("setup.channel"), empty(w("notices.none")), key="channel")
    rows = join(
        tag(
            "tr",
            tag("td", esc(scene.clock(n.due_at)), class_="sr-num"),
            tag("th", esc(scene.person_name(n.person)), scope="row"),
            tag(
                "td",
                mark("F", size=18) if n.state.value in ("failed_for_good", "expired", "undelivered") else "",
                " ",
                esc(w.named("notice", n.state.value)),
            ),
            tag("td", esc(n.error)),
            data_key=f"n-{n.id}",
        )
        for n in notices
    )
    return card(w("setup.channel"), tag("table", tag("tbody", rows), class_="sr-table"), key="channel")


def papers(scene: Scene) -> str:
    """What lies printed in the boxes at the door."""
    w = scene.w
    links = [("/print/entry", w("paper.entry")), ("/print/inventory", w("paper.inventory"))]
    links += [
        (f"/print/playbook?playbook={book.id}", w.of(book.title))
        for book in scene.building.playbooks.values()
    ]
    if scene.viewer.may("rescue"):
        links.append(("/print/cards", w("paper.cards")))
    if scene.viewer.may("phones"):
        links.append(("/print/contacts", w("paper.contacts")))
    made = (tag("a", esc(words), href=to, class_="sr-button", target="_blank") for to, words in links)
    return card(w("paper.title"), tag("div", *made, class_="sr-bar"), key="papers")


def refused(scene: Scene) -> str:
    """What was refused, by source, and topics that nothing listens to."""
    w = scene.w
    board = scene.board
    counts = sorted((board.health.rejects if board else {}).items(), key=lambda pair: -pair[1])[:15]
    unknown = sorted((board.unknown_topics if board else {}).items(), key=lambda pair: -pair[1])[:15]
    parts: list[str] = []
    for title, rows in (("setup.rejected", counts), ("setup.unknown", unknown)):
        if rows:
            lines = join(
                tag("tr", tag("th", esc(topic), scope="row"), tag("td", str(n), class_="sr-num"))
                for topic, n in rows
            )
            parts.append(
                tag("p", tag("b", esc(w(title)))) + tag("table", tag("tbody", lines), class_="sr-table")
            )
    last = (board.rejects if board else ())[-5:]
    if last:
        parts.append(
            tag("ul", *(tag("li", tag("small", esc(f"{r.topic} · {r.code} · {r.detail}"))) for r in last))
        )
    return card(w("setup.refused"), join(parts) or empty(w("setup.none_refused")), key="refused")


def people(scene: Scene, users: Sequence[User]) -> str:
    """Who may sign in; changed on the command line only."""
    w = scene.w
    rows = join(
        tag(
            "tr",
            tag("th", esc(u.name), scope="row"),
            tag("td", esc(", ".join(scene.role_name(r) for r in u.roles))),
            tag("td", esc(scene.person_name(u.person) if u.person else "–")),
        )
        for u in users
    )
    body = tag("table", tag("tbody", rows), class_="sr-table") if rows else empty(w("setup.no_users"))
    return card(w("setup.users"), body, tag("p", esc(w("setup.users_how")), class_="sr-empty"), key="users")


def looked(scene: Scene, looks: Sequence[Looked]) -> str:
    """Who opened the rescue list."""
    w = scene.w
    rows = join(
        tag(
            "tr",
            tag("td", esc(scene.clock(one.at)), class_="sr-num"),
            tag("th", esc(one.user), scope="row"),
            tag("td", esc(w.named("look", one.what))),
        )
        for one in looks
    )
    body = tag("table", tag("tbody", rows), class_="sr-table") if rows else empty(w("setup.nobody_looked"))
    return card(w("setup.looks"), body, key="looks")
