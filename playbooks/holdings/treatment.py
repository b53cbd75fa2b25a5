"""How wet holdings are treated, step by step, by material: data with its source; pure.

The steps are for people beside wet boxes: short, one act each, in order. ``never`` names treatments the
engine refuses for that material, with the sentence it refuses them by. What a holding is made of, and how
long each material lives when wet, is :mod:`playbooks.holdings.materials`.

Sources, named where used: NEDCC = Northeast Document Conservation Center, leaflets 3.7 (wet photographs) and
3.8 (drying); NARA = US National Archives, records emergency information; NPS = US National Park Service,
museum handbook on emergency salvage; NLM = US National Library of Medicine, recovery of sound and video;
GOHSEP = Louisiana homeland security office, salvaging materials; UNESCO RAMP = study PGI-87/WS/5 on disaster
preparedness. An entry marked ``assumed`` is a planning assumption of ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from playbooks.holdings.materials import Material, materials_of, most_delicate
from playbooks.items import Treatment
from sensors.model import Text

DRY_PCT = 8.0
"""Paper is dry at or below this meter reading; it normally holds 5 to 7 %, and 10 to 20 % can feel dry after
a flood (NPS museum handbook; the limit itself is a planning assumption)."""


class Method(Struct, frozen=True, kw_only=True):
    """What to do with one material, in order, and what must never be done to it."""

    steps: tuple[Text, ...]
    source: str
    never: Mapping[Treatment, Text] = {}
    assumed: bool = False


_NO_FREEZE = Text("会毁坏它：不得冷冻。", "freezing destroys it.")
_NO_VACUUM = Text("不得真空冷冻干燥。", "it must not be freeze-dried.")
_NO_WASH = Text("颜色会化开：不得水洗。", "its colours run: never wash it.")
_RINSE_TAPE = Text("有污泥先用蒸馏水冲净。", "Dirty: rinse in distilled water at once.")

_PAPER = Method(
    steps=(
        Text("不打开、不合上、不分离。", "Do not open, close or separate."),
        Text("书脊朝下，单层装箱，每箱约 28 升。", "Pack spine down, one layer, crates of about 28 litres."),
        Text("48 小时内冷冻至 −30 °C，此后保持 −18 °C 以下。",
             "Freeze within 48 h, at −30 °C where there is, then hold below −18 °C."),
        Text("少量可晾干：垫吸水纸，冷风，勿加热。", "A few: air-dry on blotters, moving cool air, no heat."),
        Text(f"用仪器测含水率，不高于 {DRY_PCT:g}% 才算干。",
             f"Dry means {DRY_PCT:g} % or less on a meter, not to the touch."),
    ),
    source="GOHSEP; NARA; UNESCO RAMP; NPS",
)  # fmt: skip
_PHOTO_FIRST = Method(
    steps=(
        Text("照片中最先处理：几分钟就会毁坏。", "First of all photographs: minutes count."),
        Text("图像面朝上，平放晾干，勿触碰。", "Air-dry flat, image side up; touch nothing."),
        Text("请照片修复专家。", "Call a photograph conservator."),
    ),
    never={"freeze": _NO_FREEZE, "freeze-dry": _NO_VACUUM},
    source="NEDCC 3.7",
)

METHODS: dict[str, Method] = {
    "paper": _PAPER,
    "volume": Method(
        steps=(
            Text("先从水里取出：头 4 小时膨胀最多。", "Out of the water first: most swelling is in 4 h."),
            *_PAPER.steps,
        ),
        source="NARA; GOHSEP",
    ),
    "coated-paper": Method(
        steps=(
            Text(
                "保持湿润，直到冷冻：晾干会粘成一块。", "Keep wet until frozen: drying makes one block of it."
            ),
            Text("立即冷冻，再真空冷冻干燥。", "Freeze at once, then vacuum freeze-dry."),
        ),
        never={"air-dry": Text("晾干会粘成一块。", "left to dry it becomes one block.")},
        source="GOHSEP; UNESCO RAMP",
    ),
    "ink": Method(
        steps=(
            Text("平放，绝不水洗，不吸压。", "Keep flat; never wash or blot."),
            Text("立即请专家。", "Specialist at once."),
        ),
        never={"rinse": _NO_WASH},
        source="NARA",
    ),
    "map": Method(
        steps=(
            Text("连抽屉或大板整体平移。", "Move drawer or board and all, flat."),
            Text("手绘上色的不得水洗。", "Never wash hand-coloured sheets."),
            Text("48 小时内晾干或平放冷冻。", "Air-dry or freeze flat within 48 h."),
        ),
        never={"rinse": _NO_WASH},
        source="NARA; GOHSEP",
    ),
    "blueprint": Method(
        steps=(
            Text("平放，单张分开晾干，勿吸压。", "Lay flat, air-dry sheet by sheet; do not press."),
            Text("来不及则平放冷冻。", "No room: freeze flat."),
        ),
        never={"rinse": _NO_WASH},
        source="planning assumption after NARA on water-soluble media",
        assumed=True,
    ),
    "seal": Method(
        steps=(
            Text("平放，勿吸压，勿加热。", "Keep flat; do not blot, press or warm."),
            Text("请专家。", "Specialist."),
        ),
        never={"rinse": _NO_WASH},
        source="planning assumption",
        assumed=True,
    ),
    "parchment": Method(
        steps=(
            Text("立即晾干，张紧固定边缘。", "Air-dry at once, edges held."),
            Text("数量多则冷冻。", "Many: freeze."),
            Text("不宜真空冷冻干燥。", "Vacuum freeze-drying is not advised."),
        ),
        never={"freeze-dry": _NO_VACUUM},
        source="GOHSEP",
    ),
    "photo": Method(
        steps=(
            Text("保持湿润，不碰药膜。", "Keep wet; do not touch the image layer."),
            Text("48 小时内图像面朝上晾干：首选。", "Air-dry image side up within 48 h: the best."),
            Text("来不及再冷冻；以后解冻晾干。", "No time: freeze; later thaw and air-dry."),
            Text(
                "真空冷冻干燥是最后手段；绝不加热真空干燥。",
                "Freeze-drying is the last resort; never dry them with heat and vacuum.",
            ),
        ),
        source="NEDCC 3.7; GOHSEP",
    ),
    "pigment-print": Method(
        steps=(
            Text("平放，图像面朝上，勿触碰。", "Keep flat, image side up; touch nothing."),
            Text("立即晾干，或平放冷冻。", "Air-dry at once, or freeze lying flat."),
        ),
        source="NEDCC 3.7; GOHSEP",
    ),
    "dye-transfer": Method(
        steps=(
            Text("立即图像面朝上晾干。", "Air-dry image side up at once."),
            Text("恢复率低：无副本的先做。", "Few recover: those without a copy first."),
        ),
        source="GOHSEP",
    ),
    "early-photo": _PHOTO_FIRST,
    "glass": _PHOTO_FIRST,
    "film": Method(
        steps=(
            Text(
                "先挑出玻璃版和硝酸片：它们不得冷冻。",
                "Take glass and nitrate out first: they are never frozen.",
            ),
            Text(
                "保持湿润，不超过 48 小时；胶片相贴晾干会粘连。",
                "Keep wet, no longer than 48 h: film dried touching fuses.",
            ),
            Text("送冲印室重新水洗、晾干。", "To a laboratory: re-wash and dry."),
        ),
        never={"freeze-dry": _NO_VACUUM},
        source="NLM",
    ),
    "nitrate": Method(
        steps=(
            Text("易自燃：人员离开，不开罐。", "Burns by itself: people away, cans shut."),
            Text("只由专业人员处理。", "Specialists only."),
        ),
        never={"freeze": _NO_FREEZE, "freeze-dry": _NO_VACUUM},
        source="NEDCC 3.7",
    ),
    "microfilm": Method(
        steps=(
            Text("留在盒内，浸入清凉净水，勿摇。", "Leave in its box in clean cool water; do not shake."),
            Text("送实验室。", "To a laboratory."),
        ),
        never={"freeze-dry": _NO_VACUUM},
        source="NARA; NLM",
    ),
    "magnetic": Method(
        steps=(
            _RINSE_TAPE,
            Text("竖放，凉风晾干；不播放。", "Stand upright, cool moving air; do not play."),
            Text("48 小时内送专家；金属带更早。", "Specialist within 48 h; metal tape sooner."),
        ),
        never={"freeze": _NO_FREEZE, "freeze-dry": _NO_VACUUM},
        source="NLM",
    ),
    "disk": Method(
        steps=(
            Text("清水冲净。", "Rinse in clean water."),
            Text("竖直或标签面朝下晾干。", "Dry upright or label side down."),
            Text("尽快复制。", "Copy soon."),
        ),
        never={"freeze": _NO_FREEZE, "freeze-dry": _NO_VACUUM},
        source="NLM; never freeze: planning assumption",
    ),
    "server": Method(
        steps=(
            Text("断电，不要开机。", "Power off; never start it."),
            Text("请数据恢复专家。", "Data-recovery specialist."),
        ),
        never={
            "freeze": _NO_FREEZE,
            "freeze-dry": _NO_VACUUM,
            "rinse": Text("由专家决定是否清洗。", "only a specialist decides on washing."),
        },
        source="planning assumption",
        assumed=True,
    ),
    "textile": Method(
        steps=(
            Text("托板平移，不折叠。", "Carry on a board; do not fold."),
            Text("平铺晾干。", "Air-dry flat."),
        ),
        source="NPS",
        assumed=True,
    ),
    "object": Method(
        steps=(
            Text("逐件擦去表面水。", "Take off surface water, piece by piece."),
            Text("通风晾干，勿加热。", "Air-dry, no heat."),
        ),
        source="NPS",
        assumed=True,
    ),
}


def method(form: str, also: tuple[str, ...] = ()) -> tuple[Material, Method]:
    """The material that dies first among those of a holding, and how it is treated."""
    material = most_delicate(form, also)
    return material, METHODS[material.id]


def forbidden(what: Treatment, form: str, also: tuple[str, ...] = ()) -> Text | None:
    """Why a treatment must not be given: the sentence of the first of its materials that forbids it."""
    for material in materials_of(form, also) or (most_delicate(form, also),):
        why = METHODS[material.id].never.get(what)
        if why is not None:
            return Text(f"{material.name.zh}：{why.zh}", f"{material.name.en}: {why.en}")
    return None


def takes_water(form: str, also: tuple[str, ...] = ()) -> bool:
    """Whether any of its materials soaks, so that dry must be measured and not felt."""
    return any(material.soak > 0 for material in materials_of(form, also) or (most_delicate(form, also),))
