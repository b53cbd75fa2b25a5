"""Names that a spreadsheet's columns may have, and the guess which of ours each means; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from playbooks.holdings.rows import KNOWN

CHINESE: Mapping[str, str] = {
    "编号": "id", "档号": "id", "案卷号": "id", "档案编号": "id", "档案号": "id", "馆藏号": "id", "索取号": "id",
    "题名": "title", "名称": "title", "案卷题名": "title", "档案名称": "title", "档案题名": "title", "标题": "title",
    "分区": "zone", "库房": "zone", "区域": "zone", "库房号": "zone", "库房名称": "zone", "所在库房": "zone",
    "所在区域": "zone", "库号": "zone",
    "位置": "place", "架位": "place", "存址": "place", "存放位置": "place", "存放地点": "place", "架位号": "place",
    "柜架号": "place", "排架号": "place", "存放架位": "place",
    "等级": "grade", "级别": "grade", "档案等级": "grade", "保护等级": "grade", "抢救等级": "grade",
    "价值": "worth", "价值分": "worth", "分值": "worth",
    "载体": "form", "类型": "form", "载体类型": "form", "载体形式": "form", "材质": "form", "档案载体": "form",
    "怕水": "water", "怕火": "fire", "怕烟": "smoke", "防盗": "theft", "温湿度": "climate",
    "件数": "units", "盒数": "units", "卷数": "units", "箱数": "units", "数量": "units",
    "单重": "unit_kg", "重量": "unit_kg", "每件重量": "unit_kg", "单件重量": "unit_kg", "每盒重量": "unit_kg",
    "湿重": "unit_wet_kg", "浸湿重量": "unit_wet_kg", "尺寸": "size_cm", "规格": "size_cm",
    "人数": "people", "搬运人数": "people", "所需人数": "people",
    "搬运时间": "carry_min", "取件时间": "carry_min", "架前时间": "carry_min", "工具": "tools", "所需工具": "tools",
    "钥匙": "keys", "搬运要求": "handling_zh", "搬运方法": "handling_zh", "注意事项": "handling_zh",
    "覆盖": "cover_zh", "就地保护": "cover_zh", "遮盖方法": "cover_zh",
    "副本": "copy", "备份": "copy", "备份情况": "copy", "副本情况": "copy", "照片": "photo", "图片": "photo",
    "核查日期": "checked_on", "核对日期": "checked_on", "检查日期": "checked_on", "清点日期": "checked_on",
    "密级": "secrecy", "处置": "action", "处置方式": "action", "抢救方式": "action", "不可替代": "irreplaceable",
    "送往": "to", "去向": "to", "目的地": "to", "材料": "materials", "类别": "category", "技能": "skill",
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
_NOTES = re.compile(r"[*＊:：]+$|^[*＊]+|\s+")
_OUR_UNIT = re.compile(
    r"[(\[](?:kg|公斤|千克|cm|厘米|min|分钟|分|人|盒|箱|卷|件|必填|选填|required|optional)[)\]]$",
    re.IGNORECASE,
)
"""Units that are ours, and hints; another unit in a heading must keep it from being taken for our column."""


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


def named(cells: Sequence[str]) -> int:
    """How many of our columns these cells name: a line that names several heads a register."""
    return len({ours for cell in cells if (ours := _exact(cell) or _synonym(cell))})


def _bare(name: str) -> str:
    """A heading without marks and units around it: full-width forms, line breaks, 单重（kg）, *档号."""
    word = _NOTES.sub("", unicodedata.normalize("NFKC", name).strip())
    word = _OUR_UNIT.sub("", word)
    return _NOTES.sub("", word)


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _exact(name: str) -> str:
    return next((word for word in (_plain(name), _bare(name).casefold()) if word in KNOWN), "")


def _synonym(name: str) -> str:
    return next(
        (
            SYNONYMS[word]
            for word in (name.strip(), _plain(name), _bare(name), _bare(name).casefold())
            if word in SYNONYMS
        ),
        "",
    )


def _close(name: str) -> str:
    near = get_close_matches(_plain(name), KNOWN, n=1, cutoff=0.84)
    return near[0] if near else ""
