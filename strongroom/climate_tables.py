"""A climate report as a table: one row per room, sensor and month, and the words of its columns."""

from __future__ import annotations

import csv
from typing import IO

from sensors.model import Text
from strongroom.cells import safe_cell
from strongroom.climate_report import ClimateReport, Measure, RoomMonth

COLUMNS: dict[str, Text] = {
    "room": Text("房间", "room"),
    "name": Text("名称", "name"),
    "kind": Text("类型", "kind"),
    "clause": Text("依据", "clause"),
    "month": Text("月份", "month"),
    "sensor": Text("传感器", "sensor"),
    "quantity": Text("量", "quantity"),
    "unit": Text("单位", "unit"),
    "low_limit": Text("下限", "lower limit"),
    "high_limit": Text("上限", "upper limit"),
    "known_percent": Text("有数据时间 %", "time known %"),
    "in_band_percent": Text("达标时间 %", "time in band %"),
    "below_hours": Text("偏低 小时", "hours below"),
    "above_hours": Text("偏高 小时", "hours above"),
    "mean": Text("平均", "mean"),
    "min": Text("最低", "lowest"),
    "max": Text("最高", "highest"),
    "widest_24h_swing": Text("24 小时最大波动", "widest swing in 24 h"),
    "swing_limit": Text("波动限值", "swing limit"),
    "days_over_swing": Text("波动超限天数", "days over swing"),
    "days_judged": Text("可判断天数", "days judged"),
    "gaps": Text("缺测次数", "gaps"),
    "unknown_hours": Text("缺测 小时", "hours unknown"),
    "twpi_years": Text("时间加权保存指数（公式）年", "TWPI (formula) years"),
    "lifetime": Text("寿命倍数（对 20℃ 50%）", "lifetime against 20 °C 50 %"),
    "emc_min_percent": Text("平衡含水率 最低 %", "moisture content lowest %"),
    "emc_max_percent": Text("平衡含水率 最高 %", "moisture content highest %"),
    "mould_hours": Text("霉菌可生长 小时", "hours mould can grow"),
    "mould_index": Text("霉菌指数（月末）", "mould index at the end"),
    "mould_index_max": Text("霉菌指数（最高）", "mould index highest"),
}
_RISKS = list(COLUMNS)[-7:]


def rows(report: ClimateReport, language: str = "en") -> list[dict[str, str]]:
    """Every room, sensor and month; the risk stands with the hygrometer that it was calculated from."""
    return [
        {**_measure(room, measure, language), **_risk(room, measure)}
        for room in report.rooms
        for measure in room.measures
    ]


def write_csv(out: IO[str], report: ClimateReport, language: str = "en") -> None:
    """The table as CSV with stable column names; numbers with a decimal point, empty where nothing is
    known.
    """
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(word) for name, word in row.items()} for row in rows(report, language))


def _measure(room: RoomMonth, measure: Measure, language: str) -> dict[str, str]:
    span = room.month.to_at - room.month.from_at
    limits = measure.limits or (None, None)
    judged = measure.limits is not None and measure.share.known_s > 0
    return {
        "room": room.zone,
        "name": room.name.in_(language),
        "kind": room.kind,
        "clause": room.clause,
        "month": room.month.name,
        "sensor": measure.sensor,
        "quantity": measure.quantity,
        "unit": measure.unit,
        "low_limit": number(limits[0]),
        "high_limit": number(limits[1]),
        "known_percent": number(100 * (1 - measure.unknown_s / span)),
        "in_band_percent": number(measure.share.per_cent if judged else None),
        "below_hours": number(measure.share.below_s / 3600 if judged else None),
        "above_hours": number(measure.share.above_s / 3600 if judged else None),
        "mean": number(measure.mean, 2),
        "min": number(measure.low),
        "max": number(measure.high),
        "widest_24h_swing": number(measure.widest.size if measure.widest else None),
        "swing_limit": number(measure.swing_limit),
        "days_over_swing": str(measure.days_over)
        if measure.swing_limit is not None and measure.days_known
        else "",
        "days_judged": str(measure.days_known),
        "gaps": str(measure.gap_count),
        "unknown_hours": number(measure.unknown_s / 3600),
    }


def _risk(room: RoomMonth, measure: Measure) -> dict[str, str]:
    found = room.risk
    if found is None or not found.known_h or room.pair is None or measure.sensor != room.pair[1]:
        return dict.fromkeys(_RISKS, "")
    values = (
        number(found.twpi),
        number(found.lifetime, 2),
        number(found.moisture_low),
        number(found.moisture_high),
        number(found.mould_h),
        number(found.mould.index, 2),
        number(found.mould_peak, 2),
    )
    return dict(zip(_RISKS, values, strict=True))


def number(value: float | None, places: int = 1) -> str:
    """A figure with fixed places; empty where it is not known."""
    return "" if value is None else f"{value:.{places}f}"
