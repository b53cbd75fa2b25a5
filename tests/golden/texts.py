"""Every text a phone can get, in both languages, with its size: ``python -m tests.golden.texts`` rewrites it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from alerts import answers, chores, proof, wording
from alerts.segments import count
from alerts.twilio_voice import call_document, key_document
from alerts.wording import Page
from sensors.model import Text

FILE = Path(__file__).with_name("texts.txt")
SITE = Text("市档案馆", "City Archives")
LEAK = Page(
    site=SITE,
    level=wording.LEVELS[1],
    place=Text("2号库B", "Stack 2B"),
    what=Text("地面漏水", "Water on the floor"),
    action=Text("查看并关闭东侧阀门。", "Look, and close the east valve."),
    reference="K7P2",
    code="12",
)
FIRE = replace(
    LEAK,
    level=Text("紧急已确认", "URGENT CONFIRMED"),
    place=Text("地下一层缩微胶片库", "Microfilm vault, basement"),
    what=Text("烟雾和温升", "Smoke and rising heat"),
    action=Text("撤离，勿入库，拨打119。", "Get out, do not enter, call the fire brigade."),
    reference="F03M",
    code="3",
)
CASES = {
    "leak": LEAK,
    "leak, drill": replace(LEAK, drill=True),
    "leak, may be a repeat": replace(LEAK, may_repeat=True),
    "leak, an hour old": replace(LEAK, at="02:14"),
    "damp, with its value": replace(
        LEAK,
        level=wording.LEVELS[3],
        what=Text("库房高湿", "Stack too humid"),
        detail=Text("63.5 %RH", "63.5 %RH"),
        action=Text("检查除湿机。", "Check the dehumidifier."),
    ),
    "fire": FIRE,
    "fire, drill and repeat": replace(FIRE, drill=True, may_repeat=True),
    "storm": replace(LEAK, counted=498, zones=50),
    "long action": replace(FIRE, action=Text("关闭阀门并用防水布覆盖下层架。" * 6, "Close the valve. " * 20)),
    "endless action": replace(
        FIRE, action=Text("关闭阀门并覆盖。" * 60, "Close the valve. " * 90), drill=True
    ),
    "long name": replace(LEAK, what=Text("恒温恒湿机组冷凝水管接头渗漏" * 4, "Condensate pipe leaks " * 9)),
}
PHONES = {"mainland": "+8613800000001", "elsewhere": "+85251234567"}


def texts() -> str:
    """The whole file."""
    lines: list[str] = []
    for name, facts in CASES.items():
        for language in ("zh", "en"):
            for where, phone in PHONES.items():
                words = wording.page(facts, language, phone)
                size = count(words)
                lines.append(
                    f"[{name} | {language} | {where} | {size.alphabet} {size.units} in {size.parts}]"
                )
                lines.append(words)
    for name in ("leak", "fire, drill and repeat", "storm"):
        for language in ("zh", "en"):
            words = wording.spoken(CASES[name], language)
            lines += [
                f"[call: {name} | {language}]",
                call_document(words, language, "https://a.example/keys"),
            ]
            lines += [f"[call, no key can be taken: {name} | {language}]", call_document(words, language, "")]
    for key in ("1", "3", "9"):
        lines += [f"[key {key} | {lang}]\n{key_document(key, lang)}" for lang in ("zh", "en")]
    for language in ("zh", "en"):
        lines += [f"[chat | {language}]", wording.long(LEAK, language, ("K8 …", "K9 …"))]
    for module in (answers, chores, proof):
        for name, value in sorted(vars(module).items()):
            if isinstance(value, Text):
                lines += [f"[{module.__name__}.{name}]", value.zh, value.en]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(texts(), encoding="utf-8")
