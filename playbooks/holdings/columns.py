"""Names that a spreadsheet's columns may have, and the guess which of ours each means; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from playbooks.holdings.rows import KNOWN

CHINESE: Mapping[str, str] = {
    "编号": "id", "档号": "id", "案卷号": "id", "题名": "title", "名称": "title", "案卷题名": "title",
    "分区": "zone", "库房": "zone", "区域": "zone",
    "位置": "place", "架位": "place", "存址": "place", "存放位置": "place",
    "等级": "grade", "级别": "grade", "价值": "worth", "载体": "form", "类型": "form",
    "怕水": "water", "怕火": "fire", "怕烟": "smoke", "防盗": "theft", "温湿度": "climate",
    "件数": "units", "盒数": "units", "卷数": "units", "单重": "unit_kg", "重量": "unit_kg", "湿重": "unit_wet_kg",
    "尺寸": "size_cm", "人数": "people", "搬运人数": "people", "搬运时间": "carry_min", "工具": "tools", "钥匙": "keys",
    "搬运要求": "handling_zh", "覆盖": "cover_zh", "副本": "copy", "备份": "copy", "照片": "photo",
    "核查日期": "checked_on", "密级": "secrecy", "处置": "action", "不可替代": "irreplaceable", "送往": "to",
    "材料": "materials", "类别": "category", "技能": "skill",
}  # fmt: skip
"""Chinese names of our columns, as archives write them."""
ENGLISH: Mapping[str, str] = {
    "reference": "id", "ref": "id", "code": "id", "name": "title", "room": "zone", "stack": "zone", "shelf": "place",
    "location": "place", "class": "grade", "priority": "grade", "value": "worth", "score": "worth", "medium": "form",
    "material": "form", "type": "form", "boxes": "units", "quantity": "units", "weight": "unit_kg", "kg": "unit_kg",
    "size": "size_cm", "minutes": "carry_min", "key": "keys", "handling": "handling_en", "cover": "cover_en",
    "copies": "copy", "checked": "checked_on", "secret": "secrecy", "destination": "to",
}  # fmt: skip
"""English names that often mean one of our columns; guessed only in an import, where the preview shows it."""
SYNONYMS: Mapping[str, str] = {**CHINESE, **ENGLISH}


def guess(header: Sequence[str]) -> dict[str, str]:
    """Their column -> ours, for those whose meaning is clear; a column of ours is never given twice.

    An exact name wins over a synonym, a synonym over a spelling that is merely close.
    """
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for attempt in (_exact, _synonym, _close):
        for theirs in header:
            ours = attempt(theirs)
            if theirs not in chosen and ours and ours not in taken:
                chosen[theirs] = ours
                taken.add(ours)
    return chosen


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _exact(name: str) -> str:
    return _plain(name) if _plain(name) in KNOWN else ""


def _synonym(name: str) -> str:
    return SYNONYMS.get(name.strip()) or SYNONYMS.get(_plain(name), "")


def _close(name: str) -> str:
    near = get_close_matches(_plain(name), KNOWN, n=1, cutoff=0.84)
    return near[0] if near else ""
