"""Reasons people read, in both languages. No decisions."""

from __future__ import annotations

from alerts.model import Alarm, Notice, Person, Rung
from sensors.model import Text

CHANNELS: dict[str, Text] = {
    "sms": Text("短信", "text message"),
    "voice": Text("电话", "phone call"),
    "mail": Text("邮件", "mail"),
}

# Roles that rosters usually have; a role of the building's own keeps the name the folder gives it.
ROLES: dict[str, Text] = {
    "on-duty": Text("值班人员", "whoever is on duty"),
    "archivist": Text("档案员", "archivist"),
    "archivist-on-call": Text("值班档案员", "archivist on call"),
    "conservator": Text("修复师", "conservator"),
    "coordinator": Text("总指挥", "coordinator"),
    "deputy-director": Text("副馆长", "deputy director"),
    "director": Text("馆长", "director"),
    "facilities": Text("设备负责人", "facilities"),
    "fire-liaison": Text("消防联络员", "fire liaison"),
    "guard": Text("保安", "guard"),
    "it": Text("信息技术", "IT"),
    "safety": Text("安全员", "safety officer"),
    "security": Text("安保", "security"),
    "security-head": Text("保卫负责人", "head of security"),
}


def channel(name: str) -> Text:
    """A channel in words; the operator's own name where it is one of theirs."""
    return CHANNELS.get(name, Text(name, name))


def joined(*parts: Text) -> Text:
    """Several sentences as one."""
    return Text("".join(p.zh for p in parts if p.zh), " ".join(p.en for p in parts if p.en))


def rung_words(rung: Rung) -> Text:
    """Who a rung means."""
    who = rung.role or rung.person
    return ROLES.get(who, Text(who, who))


def started(alarm: Alarm, again: bool) -> Text:
    """Why an alarm begins to page."""
    if again:
        return Text("再次开始通知。", "Paging starts again.")
    return Text(f"{alarm.name.zh}：开始通知。", f"{alarm.name.en}: paging starts.")


def told_because(rung: Rung | None, number: int, repeat: int) -> Text:
    """Why this person gets this page."""
    if rung is None:
        return Text("阶梯上无人应答，通知所有人。", "Nobody on the ladder answered, so everyone is told.")
    who = rung_words(rung)
    base = Text(f"阶梯第 {number + 1} 级：{who.zh}。", f"Step {number + 1} of the ladder: {who.en}.")
    if repeat:
        return joined(base, Text(f"第 {repeat + 1} 轮。", f"Round {repeat + 1}."))
    return base


def rung_opened(rung: Rung | None, number: int, told: int, early: bool) -> Text:
    """What happened when a rung was opened."""
    base = told_because(rung, number, 0)
    if told == 0:
        return joined(
            base,
            Text(
                "此刻无人可通知，立即转下一级。", "Nobody to tell there now; passed to the next step at once."
            ),
        )
    if early:
        return joined(
            base, Text("上一级无法联系，提前通知。", "The step before cannot be reached; told early.")
        )
    return base


def forgotten(alarm: Alarm, minutes: float) -> Text:
    """Why an acknowledged alarm pages again."""
    by = alarm.acked.by if alarm.acked else ""
    return Text(
        f"{by} 已确认，但 {minutes:.0f} 分钟没有进展，警报仍在，再次通知。",
        f"Acknowledged by {by}, but no progress for {minutes:.0f} minutes while it lasts: told again.",
    )


def next_channel(before: Notice, name: str) -> Text:
    """Why a message is tried on another channel."""
    old, new = channel(before.channel), channel(name)
    return Text(f"{old.zh}未送达，改用{new.zh}。", f"The {old.en} did not arrive, so a {new.en} follows.")


def unreachable(person: Person, name: str, fault: Text) -> Text:
    """A person's channel that does not work."""
    word = channel(name)
    return Text(
        f"{person.name.zh} 的{word.zh}不可用：{fault.zh}。", f"{person.name.en} by {word.en}: {fault.en}."
    )


NOBODY = Text("通知阶梯已走完，无人应答。", "The whole ladder was tried and nobody answered.")
REPEATS = Text("无人应答，阶梯重新开始。", "Nobody answered; the ladder starts again.")
STOPPED = Text("不再需要通知。", "No longer wanted.")
TOO_LATE = Text("超过有效期仍未送达。", "It was not delivered within its validity.")
LOST_ANSWER = Text(
    "发送过程中断，服务商是否收到未知，正在核对。",
    "Sending was interrupted; whether the provider took it is being looked up.",
)
SENDING = Text("交给服务商。", "Handed to the provider.")
WORSE = Text("情况升级，再次通知。", "It became worse: told again.")
GONE = Text("警报已不在。", "The alarm is gone.")
ACTED = Text("本人已在处理。", "This person acted.")
