"""What holdings are made of: how long each material lives under a hazard, and how it is treated afterwards.

Sources: NEDCC leaflet 3.7, the US National Archives and the US National Park Service museum primer on
salvage ("freeze or dry within 48 h", swelling mostly in the first 4 h, early photographs first), the US
National Library of Medicine on tape and film (never freeze tape); limits of heat from the classes of
fire-resistant containers (UL 72: 177 °C inside for paper, 66 °C for film and tape, 52 °C for disks). Where
a figure is a planning assumption of ours and not a published one, the entry says so with ``assumed``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sensors.model import Text

Treatment = Literal["freeze", "air-dry", "keep-wet", "specialist", "rinse", "none"]


class Material(Struct, frozen=True, kw_only=True):
    """One material. ``wet_h`` hours until wet damage is final; ``heat_c`` inner temperature it survives
    (°C).

    ``soak`` is the mass of water taken up as a share of the dry mass. ``words`` are other names that a
    register may use, in either language.
    """

    id: str
    name: Text
    wet_h: float
    heat_c: float
    treatment: Treatment
    treat: Text
    words: tuple[str, ...] = ()
    never_freeze: bool = False
    soak: float = 0.6
    assumed: bool = False


_FREEZE = Text(
    "48 小时内冷冻或晾干；不打开、不分离，书脊朝下单层放置。",
    "Freeze or dry within 48 h; do not open or separate; spine down, one layer.",
)
_FLAT = Text("平放晾干，不吸压，请专家处理。", "Air-dry flat, do not blot or press, call a specialist.")
_PHOTO_FIRST = Text(
    "照片中最先处理，图像面朝上晾干，勿冷冻。", "First of photographs: dry face up, never freeze."
)
_TAPE = Text(
    "不冷冻、不真空冷冻干燥、不播放；蒸馏水冲净，凉风晾干，48 小时内送专家。",
    "Never freeze, freeze-dry or play; rinse in distilled water, cool moving air, specialist within 48 h.",
)

MATERIALS: tuple[Material, ...] = (
    Material(
        id="paper",
        name=Text("纸质", "paper"),
        wet_h=48.0,
        heat_c=177.0,
        treatment="freeze",
        treat=_FREEZE,
        words=(
            "纸",
            "纸本",
            "文书",
            "案卷",
            "档案盒",
            "file",
            "files",
            "document",
            "documents",
            "manuscript",
            "pamphlet",
        ),
    ),
    Material(
        id="volume",
        name=Text("装订册", "bound volume"),
        wet_h=4.0,
        heat_c=177.0,
        treatment="freeze",
        treat=Text(
            "先出水：前 4 小时膨胀最多；书脊朝下冷冻。",
            "Out of the water first: most swelling is in the first 4 h; freeze spine down.",
        ),
        words=("book", "books", "bound", "register", "ledger", "图书", "簿册", "册", "线装书"),
        soak=0.8,
    ),
    Material(
        id="coated-paper",
        name=Text("铜版纸", "coated paper"),
        wet_h=1.0,
        heat_c=177.0,
        treatment="keep-wet",
        treat=Text(
            "保持湿润直至冷冻，真空冷冻干燥；任其干燥会粘成一块。",
            "Keep wet until frozen, then freeze-dry; left to dry it becomes one block.",
        ),
        words=("coated", "art-paper", "magazine", "画册", "杂志"),
    ),
    Material(
        id="ink",
        name=Text("水溶性墨水或颜料", "water-soluble ink or paint"),
        wet_h=0.5,
        heat_c=177.0,
        treatment="specialist",
        treat=Text("绝不水洗，平放，请专家处理。", "Never wash; keep flat; specialist only."),
        words=("watercolour", "watercolor", "dye", "painting", "calligraphy", "水彩", "字画", "书画", "绘画"),
        assumed=True,
    ),
    Material(
        id="map",
        name=Text("图纸", "map or drawing"),
        wet_h=48.0,
        heat_c=177.0,
        treatment="air-dry",
        treat=Text(
            "连同抽屉或大板平移，平放晾干；手绘上色者勿洗。",
            "Move flat on a board; air-dry flat; never wash hand-coloured sheets.",
        ),
        words=("maps", "plan", "plans", "drawing", "drawings", "地图", "蓝图"),
    ),
    Material(
        id="blueprint",
        name=Text("晒图", "blueprint"),
        wet_h=24.0,
        heat_c=177.0,
        treatment="air-dry",
        treat=_FLAT,
        words=("blueprints", "diazo", "晒蓝图", "硫酸图"),
        assumed=True,
    ),
    Material(
        id="seal",
        name=Text("印章与印泥", "seals and stamp paste"),
        wet_h=1.0,
        heat_c=60.0,
        treatment="specialist",
        treat=_FLAT,
        words=("seals", "stamp", "印章", "印", "钤印", "蜡封"),
        soak=0.0,
        assumed=True,
    ),
    Material(
        id="parchment",
        name=Text("皮纸与皮革", "parchment or leather"),
        wet_h=2.0,
        heat_c=100.0,
        treatment="air-dry",
        treat=Text(
            "立即晾干；数量多则冷冻；不宜真空冷冻干燥。",
            "Air-dry at once; freeze if many; vacuum freeze-drying not advised.",
        ),
        words=("vellum", "leather", "羊皮纸", "皮革", "羊皮卷"),
    ),
    Material(
        id="photo",
        name=Text("照片", "photograph"),
        wet_h=48.0,
        heat_c=66.0,
        treatment="keep-wet",
        treat=Text(
            "保持湿润，不碰药膜，48 小时内晾干。",
            "Keep wet, do not touch the image layer, air-dry within 48 h.",
        ),
        words=(
            "photos",
            "photograph",
            "photographs",
            "print",
            "prints",
            "相片",
            "silver-gelatin",
            "albumen",
            "albumen-print",
            "collodion-paper",
            "chromogenic",
            "colour-print",
            "color-print",
            "相册",
            "影像",
            "黑白照片",
            "彩色照片",
            "银盐照片",
            "蛋白照片",
        ),
    ),
    Material(
        id="pigment-print",
        name=Text("碳素与颜料印相", "carbon print or woodburytype"),
        wet_h=0.5,
        heat_c=66.0,
        treatment="air-dry",
        treat=Text("立即平放晾干或平放冷冻。", "Dry or freeze at once, lying flat."),
        words=("carbon-print", "carbon-prints", "woodburytype", "woodburytypes", "碳素印相", "碳印照片"),
    ),
    Material(
        id="dye-transfer",
        name=Text("染料转印照片", "dye-transfer print"),
        wet_h=0.5,
        heat_c=66.0,
        treatment="air-dry",
        treat=Text("立即图像面朝上晾干；恢复率低。", "Air-dry face up at once; few recover."),
        words=("dye-transfer-print", "dye-transfers", "染料转印"),
    ),
    Material(
        id="early-photo",
        name=Text("早期照片", "early photograph"),
        wet_h=0.25,
        heat_c=66.0,
        treatment="air-dry",
        treat=_PHOTO_FIRST,
        words=(
            "ambrotype",
            "tintype",
            "collodion",
            "wet-collodion",
            "wet-plate",
            "daguerreotype",
            "autochrome",
            "湿版",
            "湿版照片",
            "火棉胶",
            "银版照片",
        ),
        never_freeze=True,
    ),
    Material(  # "never freeze" is published for wet collodion; for gelatin dry plates it is our caution
        id="glass",
        name=Text("玻璃底片", "glass plate"),
        wet_h=0.25,
        heat_c=66.0,
        treatment="air-dry",
        treat=_PHOTO_FIRST,
        words=(
            "glass-plate",
            "glass-plates",
            "glass-negative",
            "glass-negatives",
            "lantern-slide",
            "lantern-slides",
            "dry-plate",
            "dry-plates",
            "玻璃",
            "玻璃版",
            "玻璃板",
            "玻璃干版",
            "玻璃负片",
        ),
        never_freeze=True,
        soak=0.0,
    ),
    Material(
        id="film",
        name=Text("胶片", "film"),
        wet_h=48.0,
        heat_c=66.0,
        treatment="keep-wet",
        treat=Text(
            "保持湿润不超过 48 小时，送冲印室重新水洗晾干。",
            "Keep wet, no longer than 48 h; re-wash and dry at a laboratory.",
        ),
        words=(
            "negative",
            "negatives",
            "film-negative",
            "cine",
            "motion-picture",
            "slide",
            "slides",
            "transparency",
            "底片",
            "胶卷",
            "反转片",
            "影片",
            "电影",
        ),
    ),
    Material(
        id="nitrate",
        name=Text("硝酸片基", "nitrate film"),
        wet_h=0.5,
        heat_c=41.0,
        treatment="specialist",
        treat=Text(
            "易自燃：人员撤离，不开罐，由专业人员处理。",
            "Burns by itself: people out, do not open cans, specialists only.",
        ),
        words=("nitrate-film", "硝酸片", "硝酸胶片"),
        never_freeze=True,
    ),
    Material(
        id="microfilm",
        name=Text("缩微胶片", "microfilm"),
        wet_h=72.0,
        heat_c=66.0,
        treatment="keep-wet",
        treat=Text(
            "留在盒内，浸于清凉净水，勿摇晃，送实验室。",
            "Leave in the box in clean cool water, do not shake, send to a laboratory.",
        ),
        words=("fiche", "microfiche", "缩微"),
        assumed=True,
    ),
    Material(
        id="magnetic",
        name=Text("磁带", "magnetic tape"),
        wet_h=48.0,
        heat_c=66.0,
        treatment="rinse",
        treat=_TAPE,
        words=("tape", "tapes", "video", "audio", "cassette", "录音", "录像", "录音带", "录像带", "音像"),
        never_freeze=True,
        soak=0.2,
    ),
    Material(
        id="disk",
        name=Text("光盘", "optical disc"),
        wet_h=48.0,
        heat_c=52.0,
        treatment="rinse",
        treat=Text(
            "清水冲净，竖直或标签朝下晾干，尽快复制。", "Rinse, dry upright or label down, copy soon."
        ),
        words=("disc", "discs", "disks", "cd", "dvd", "optical", "磁盘", "软盘"),
        never_freeze=True,
        soak=0.0,
    ),
    Material(
        id="server",
        name=Text("硬盘与服务器", "hard disk or server"),
        wet_h=1.0,
        heat_c=52.0,
        treatment="specialist",
        treat=Text(
            "断电，不要开机，请数据恢复专家。", "Power off, never start it, data-recovery specialist."
        ),
        words=("hard-disk", "harddisk", "computer", "硬盘", "服务器"),
        never_freeze=True,
        soak=0.0,
        assumed=True,
    ),
    Material(
        id="textile",
        name=Text("织物", "textile"),
        wet_h=24.0,
        heat_c=150.0,
        treatment="air-dry",
        treat=Text("托板平移，勿折叠，平铺晾干。", "Carry on a board, do not fold, air-dry flat."),
        words=("flag", "banner", "silk", "cloth", "锦旗", "旗帜", "丝绸", "布"),
        assumed=True,
    ),
    Material(
        id="object",
        name=Text("实物", "object"),
        wet_h=72.0,
        heat_c=150.0,
        treatment="air-dry",
        treat=Text("逐件擦干表面水，通风晾干。", "Take off surface water piece by piece, air-dry."),
        words=(
            "objects",
            "artefact",
            "artifact",
            "medal",
            "metal",
            "wood",
            "stone",
            "器物",
            "奖章",
            "奖牌",
            "证章",
        ),
        soak=0.0,
        assumed=True,
    ),
)

BY_ID: dict[str, Material] = {material.id: material for material in MATERIALS}
_BY_WORD: dict[str, str] = {
    word.casefold(): material.id
    for material in MATERIALS
    for word in (material.id, material.name.zh, material.name.en, *material.words)
}


def material_id(word: str) -> str | None:
    """The id of the material a register calls ``word``; None where the word is not known."""
    return _BY_WORD.get(word.strip().casefold().replace(" ", "-").replace("_", "-")) or _BY_WORD.get(
        word.strip().casefold()
    )


def materials_of(form: str, also: tuple[str, ...] = ()) -> tuple[Material, ...]:
    """The materials of a holding: its form first, then the named others; unknown names are left out."""
    return tuple(BY_ID[name] for name in dict.fromkeys((form, *also)) if name in BY_ID)


def most_delicate(form: str, also: tuple[str, ...] = ()) -> Material:
    """The material that dies first when wet; paper where nothing is known (48 h)."""
    known = materials_of(form, also)
    return min(known, key=lambda material: (material.wet_h, material.id)) if known else BY_ID["paper"]
