"""A small building folder without a single problem, to be broken on purpose."""

from __future__ import annotations

from pathlib import Path

from strongroom.folder.load import Loaded, load

NOW = 1_795_400_000.0  # 2026-11-22 in Shanghai

BUILDING = """\
id = "city"
name.zh = "市档案馆"
name.en = "City Archive"
timezone = "Asia/Shanghai"
languages = ["zh", "en"]
assembly = "yard"

[[floor]]
id = "2F"
name.zh = "二层"
name.en = "Second floor"
plan = "plans/2F.svg"

[[zone]]
id = "stack-2b"
name.zh = "二层 B 库"
name.en = "Stack 2B"
kind = "stack"
floor = "2F"
people_limit = 4
doors = [{ to = "corridor-2", walk_s = 10 }]

[[zone]]
id = "corridor-2"
name.zh = "二层走廊"
name.en = "Corridor 2"
kind = "circulation"
floor = "2F"
doors = [{ to = "yard", walk_s = 95 }]

[[zone]]
id = "yard"
name.zh = "院内集合点"
name.en = "Yard"
kind = "outside"
floor = "2F"
"""

SENSORS = """\
[[sensor]]
id = "2B-T1"
name.zh = "二层 B 库 温度"
name.en = "Stack 2B temperature"
zone = "stack-2b"
quantity = "temperature"
topic = "city/2b/t1"
dialect = "json"
path = "temperature"
every_s = 60
silent_after_s = 300
at = [0.31, 0.42]

[[sensor]]
id = "2B-H1"
name.zh = "二层 B 库 湿度"
name.en = "Stack 2B humidity"
zone = "stack-2b"
quantity = "humidity"
topic = "city/2b/t1"
dialect = "json"
path = "humidity"
every_s = 60
silent_after_s = 300

[[sensor]]
id = "2B-W1"
name.zh = "二层 B 库 漏水绳"
name.en = "Stack 2B water rope"
zone = "stack-2b"
quantity = "water"
topic = "city/2b/w1/state"
dialect = "words"
words = { wet = 1, dry = 0 }
every_s = 600
silent_after_s = 1800
essential = true
"""

RULES = """\
[[rule]]
id = "water-in-stack"
name.zh = "库房漏水"
name.en = "Water in a stack"
when = { quantity = "water", zone_kind = "stack", is = "wet" }
for_s = 5
priority = 1
latch = true
playbook = "water"
advice.zh = "先断电，再进入。"
advice.en = "Power off first, then go in."
consequence.zh = "底层案卷 10 分钟内浸水。"
consequence.en = "Bottom shelves soak within 10 minutes."

[[rule]]
id = "humid-stack"
name.zh = "库房湿度过高"
name.en = "Stack too humid"
when = { quantity = "humidity", zone_kind = "stack", above = 60, clear_at = 57 }
for_s = 1800
clear_for_s = 900
priority = 3
advice.zh = "检查除湿机。"
advice.en = "Check the dehumidifier."

[[rule]]
id = "warm-stack"
name.zh = "库房温度过高"
name.en = "Stack too warm"
when = { quantity = "temperature", zone = "stack-2b", above = 24, clear_at = 23.5 }
for_s = 1800
priority = 3
mutes = ["humid-stack"]
advice.zh = "检查空调。"
advice.en = "Check the air conditioning."
"""

PEOPLE = """\
[[person]]
id = "wang"
name.zh = "王芳"
name.en = "Wang Fang"
phone = "+8610000000001"
roles = ["archivist", "coordinator"]

[[person]]
id = "li"
name.zh = "李强"
name.en = "Li Qiang"
phone = "+8610000000002"
roles = ["archivist", "guard"]

[[ladder]]
priority = 1
rungs = [{ role = "on-duty", after_min = 0 }, { role = "coordinator", after_min = 3 }]

[[ladder]]
priority = 3
rungs = [{ person = "wang", after_min = 0 }]

[[duty]]
weekly = "Mon 09:00"
order = ["li", "wang"]
"""

HOLDINGS = """\
id,title,zone,place,grade,worth,form,water,fire,units,unit_kg,people,carry_min,copy,checked_on
J001-003,清代契约文书 Qing deeds,stack-2b,排3架2层5,1,95,paper,3,3,12,6,2,4,none,2026-10-12
J014-020,城建蓝图 Blueprints,stack-2b,排7架1层1,2,60,paper,3,2,30,4,2,6,digital,2026-03-01
"""

PLAYBOOK = """\
id = "water"
title.zh = "库房漏水"
title.en = "Water in a stack"
threat = "water"
stop_when.zh = "水位过踝：立即撤离。"
stop_when.en = "Water over the ankle: leave at once."

[[step]]
id = "power"
do.zh = "切断该区电源。"
do.en = "Cut power to the zone."
who = "guard"
within_s = 120
by_heart = true

[[step]]
id = "source"
do.zh = "水从哪里来？"
do.en = "Where does the water come from?"
who = "coordinator"
kind = "ask"
branch = { "管道 pipe" = "valve", "屋顶 roof" = "cover" }

[[step]]
id = "valve"
do.zh = "关闭总阀。"
do.en = "Close the main valve."
who = "guard"
after = ["power"]

[[step]]
id = "cover"
do.zh = "按抢救单覆盖或搬运。"
do.en = "Cover or move, following the rescue list."
who = "archivist"
kind = "rescue"
"""

DRILL = """\
id = "water-2b"
title.zh = "漏水演练"
title.en = "Water drill"
mode = "test"

[[play]]
at_s = 0
sensor = "2B-W1"
value = "wet"

[[play]]
at_s = 240
person = "wang"
does = "acknowledge water-in-stack"

[[expect]]
at_s = 10
alarm = "water-in-stack"
zone = "stack-2b"
state = "unacknowledged"

[[expect]]
at_s = 200
told = "coordinator"
"""

PLAN = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 60">
  <rect id="stack-2b" x="0" y="0" width="60" height="60"/>
  <rect id="corridor-2" x="60" y="0" width="40" height="60"/>
</svg>
"""

GOOD = {
    "building.toml": BUILDING,
    "sensors.toml": SENSORS,
    "rules.toml": RULES,
    "people.toml": PEOPLE,
    "holdings.csv": HOLDINGS,
    "playbooks/water.toml": PLAYBOOK,
    "drills/water-2b.toml": DRILL,
    "plans/2F.svg": PLAN,
}


def write(folder: Path, files: dict[str, str | bytes | None]) -> Path:
    """The good folder with some files changed; None leaves a file out."""
    for name, content in {**GOOD, **files}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder


def changed(file: str, old: str, new: str) -> dict[str, str | bytes | None]:
    """One file of the good folder with one passage replaced."""
    assert old in GOOD[file], f"{old!r} is not in {file}"
    return {file: GOOD[file].replace(old, new, 1)}


def loaded(folder: Path, files: dict[str, str | bytes | None] | None = None) -> Loaded:
    """The good folder, changed, as read on a fixed day."""
    return load(write(folder, files or {}), NOW)
