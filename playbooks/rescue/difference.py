"""What a proposed plan changes against the accepted one, and why: so that people accept with open eyes; pure."""

from __future__ import annotations

from msgspec import Struct

from playbooks.model import RescuePlan
from playbooks.rescue.listing import planned
from playbooks.site import Site
from sensors.model import Text


class Difference(Struct, frozen=True, kw_only=True):
    """Holdings that come in, fall out (with the reason), change the way they are saved, or move in the order.

    ``why`` says what changed underneath: zones, people, time. ``value`` is gained (or lost, negative) in the
    plan's own units; both plans count from their own making, so what is already out counts in neither.
    """

    added: tuple[str, ...]
    dropped: tuple[tuple[str, Text], ...]
    otherwise: tuple[str, ...]  # carried instead of covered, or the other way round
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    why: tuple[Text, ...]
    value: float


_GONE = Text("已经处理", "already dealt with")
_CUT = Text("时间给了价值更高的", "the time goes to holdings worth more")
_STEPS = 2
"""A change of place in the order counts from so many places on; one place up or down is noise."""


def difference(
    old: RescuePlan, new: RescuePlan, site: Site, done: frozenset[str] = frozenset()
) -> Difference:
    """From ``old`` to ``new``; ``done`` are the holdings already out, covered or given up."""
    was = [id_ for id_ in planned(old) if id_ not in done]
    is_ = list(planned(new))
    both = [id_ for id_ in is_ if id_ in set(was)]
    left = {one.holding: one.why for one in new.left}
    shut = set(old.cleared) - set(new.cleared)
    dropped = tuple((id_, left.get(id_) or _because(id_, shut, site)) for id_ in was if id_ not in set(is_))
    before = {id_: number for number, id_ in enumerate(id_ for id_ in was if id_ in set(is_))}
    covered = (_covered(old), _covered(new))
    return Difference(
        added=tuple(id_ for id_ in is_ if id_ not in set(was)),
        dropped=dropped,
        otherwise=tuple(id_ for id_ in both if (id_ in covered[0]) != (id_ in covered[1])),
        earlier=tuple(id_ for number, id_ in enumerate(both) if before[id_] - number >= _STEPS),
        later=tuple(id_ for number, id_ in enumerate(both) if number - before[id_] >= _STEPS),
        why=_why(old, new, site),
        value=round(new.value - old.value, 3),
    )


def _covered(plan: RescuePlan) -> frozenset[str]:
    return frozenset(id_ for trip in plan.trips for id_ in trip.covered)


def _because(id_: str, shut: set[str], site: Site) -> Text:
    holding = site.holdings.get(id_)
    if holding is not None and holding.zone in shut:
        name = site.zone_name(holding.zone)
        return Text(f"{name.zh} 已关闭", f"{name.en} was closed")
    return _CUT if holding is not None else _GONE


def _why(old: RescuePlan, new: RescuePlan, site: Site) -> tuple[Text, ...]:
    """What changed underneath, one sentence each."""
    found: list[Text] = []
    for zone in sorted(set(new.cleared) - set(old.cleared)):
        name = site.zone_name(zone)
        found.append(Text(f"{name.zh} 已放行", f"{name.en} is cleared now"))
    for zone in sorted(set(old.cleared) - set(new.cleared)):
        name = site.zone_name(zone)
        found.append(Text(f"{name.zh} 已关闭", f"{name.en} is closed now"))
    if old.people != new.people or len(old.crews) != len(new.crews):
        found.append(
            Text(
                f"人手 {old.people} → {new.people} 人，{len(old.crews)} → {len(new.crews)} 组",
                f"people {old.people} → {new.people}, crews {len(old.crews)} → {len(new.crews)}",
            )
        )
    passed = (new.made_at - old.made_at) / 60.0
    if abs(old.budget_min - passed - new.budget_min) >= 1.0:
        found.append(
            Text(
                f"时间 {old.budget_min:.0f} → {new.budget_min:.0f} 分钟",
                f"time {old.budget_min:.0f} → {new.budget_min:.0f} min",
            )
        )
    if passed >= 1.0:
        found.append(Text(f"旧计划是 {passed:.0f} 分钟前做的", f"the old plan was made {passed:.0f} min ago"))
    return tuple(found)
