"""Carrying an act on instruments into the building folder, which the engine then goes on with."""

from __future__ import annotations

from collections.abc import Callable

from sensors.model import Text
from strongroom.core import Core
from strongroom.deciding import nobody
from strongroom.instruments.acts import FolderAct
from strongroom.instruments.edit import EditError
from strongroom.instruments.records import Record
from strongroom.instruments.register import Register
from strongroom.instruments.service import not_allowed
from strongroom.journal import Draft, draft_fact
from strongroom.model import Act, Building

_NO_FOLDER = Text("演练中不能更改档案馆文件夹。", "A rehearsal does not change the building folder.")
_NO_DISK = Text("数据无法写入磁盘，暂不更改。", "Data cannot be written to disk; nothing is changed now.")
_NO_CHANGE = Text("文件夹没有变化。", "The folder has not changed.")


def take_folder_act(
    core: Core,
    register: Register | None,
    act: Act,
    what: FolderAct,
    now: float,
    *,
    disk_away: bool,
    note: Callable[[Draft], None],
) -> Building | None:
    """Do what ``act`` asks to the folder and put on record what became of it; the building to go on with, or None."""
    house = core.building
    records: tuple[Record, ...] = ()
    taken: Building | None = None
    refused: Text | None = None
    try:
        if why := _NO_DISK if disk_away else _may_not(house, act):
            raise EditError(why)
        if register is None:
            raise EditError(_NO_FOLDER)
        source = core.instruments.newcomers.get(getattr(what, "newcomer", ""))
        applied = register.apply(what, house, source, act.by, now)
        if applied.building.revision == house.revision:
            raise EditError(_NO_CHANGE)
        records, taken = applied.plan.records, applied.building
        note(draft_fact("folder.taken", house.id, now, **{"from": house.revision, "to": taken.revision}))
    except EditError as wrong:
        refused = wrong.words
    core.registered(act, refused, records, now)
    return taken


def _may_not(house: Building, act: Act) -> Text | None:
    who = house.people.get(act.by)
    return nobody(act.by) if who is None else not_allowed(who.roles)
