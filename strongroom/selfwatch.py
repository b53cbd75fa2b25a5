"""What the engine says of its own files: the series store, and whatever else answers for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sensors.model import Text
from strongroom import builtin
from strongroom.core import Core
from strongroom.feeder import Feeding


def watch_files(
    core: Core,
    feeding: Feeding | None,
    told: Mapping[str, Callable[[], Text | None]],
    now: float,
    *,
    disk_well: bool,
) -> None:
    """Alarm what stands of the store's trouble and of ``told`` (own rule -> what is wrong with its file, or None).

    Without ``disk_well`` the disk is what is wrong, and the files behind it are not asked.
    """
    for rule, trouble in told.items() if disk_well else ():
        core.says(rule, trouble(), now)
    if feeding is not None:
        core.own(builtin.STORE, feeding.alarmed, feeding.trouble or Text("", ""), now)
        if feeding.lost is not None:
            core.says(builtin.DAMAGE, feeding.lost, now)
