"""Rules every building has without writing them: silent sensors, and the chain watching itself."""

from __future__ import annotations

from typing import Literal

from alerts.rule import AnyOf, Change, Rule, Verdict
from alerts.sensor_rules import silence_rules
from sensors.model import Text
from strongroom.model import Building

BROKER = "system-broker"
DISK = "system-disk"
STORE = "system-store"
SENDER = "system-sender"
JOURNAL = "system-journal"
DAMAGE = "system-damage"
ACTS = "system-acts"
INBOX = "system-inbox"
ACCOUNTS = "system-accounts"
CLOCK = "system-clock"
CALIBRATION = "system-calibration"
CANARY = "system-test"
FOLDER = "system-folder"
PROGRAM = "system-program"

_NEVER = AnyOf(of=())  # the engine itself says when these hold; no reading does


def _own(
    rule: str,
    priority: int,
    name: Text,
    advice: Text,
    consequence: Text,
    page: Literal["always", "day"] = "always",
) -> Rule:
    return Rule(
        id=rule,
        name=name,
        when=_NEVER,
        scope="building",
        priority=priority,
        fault=True,
        advice=advice,
        consequence=consequence,
        page=page,
        revision="builtin",
    )


OWN: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        _own(
            BROKER,
            1,
            Text("与 MQTT 服务器的连接中断", "Link to the MQTT broker is lost"),
            Text("检查网络和 MQTT 服务器；派人巡视库房。", "Check network and broker; send someone round."),
            Text("所有传感器都看不到。", "No sensor can be seen."),
        ),
        _own(
            DISK,
            1,
            Text("数据无法写入磁盘", "Data cannot be written to disk"),
            Text(
                "清理或更换磁盘；警报判断仍在内存中运行。",
                "Free or replace the disk; alarms run from memory.",
            ),
            Text("重启会丢失未写入的记录。", "A restart would lose what is not written."),
        ),
        _own(
            STORE,
            3,
            Text("历史数据库积压", "Readings are waiting for the history store"),
            Text("检查历史数据库服务和磁盘空间。", "Check the history store and its disk space."),
            Text("趋势图不完整；警报不受影响。", "Trends have holes; alarms are not affected."),
        ),
        _own(
            SENDER,
            1,
            Text("短信通道故障", "Messages cannot be sent"),
            Text("改用电话名单逐个通知。", "Use the printed phone list."),
            Text("值班人员收不到警报。", "The people on duty are not told."),
        ),
        _own(
            JOURNAL,
            1,
            Text("日志被改动或截断", "The journal was altered or cut"),
            Text("保留现场，用备份核对。", "Keep everything as it is; compare with the backup."),
            Text("记录不能作为证据。", "The record is no evidence."),
        ),
        _own(
            DAMAGE,
            1,
            Text("存储的数据已损坏", "Stored data were damaged"),
            Text("更换磁盘；保留损坏的文件，用备份核对。", "Replace the disk; keep the damaged file."),
            Text("警报由可读部分恢复，可能不完整。", "Alarms come from what could be read."),
        ),
        _own(
            CLOCK,
            3,
            Text("系统时钟被调整", "The system clock was moved"),
            Text(
                "检查对时服务；空闲时重启引擎。",
                "Check the time service; restart the engine at a quiet moment.",
            ),
            Text(
                "记录上的时刻与墙上的钟不一致，计时不受影响。",
                "Times on record differ from the wall; durations do not.",
            ),
        ),
        _own(
            CANARY,
            2,
            Text("每日通道测试未成功", "The daily test of the chain failed"),
            Text(
                "运行 strongroom doctor；核对该人的电话。", "Run strongroom doctor; check the person's phone."
            ),
            Text("真正报警时此人可能收不到。", "In an emergency this person may not be told."),
        ),
        _own(
            CALIBRATION,
            3,
            Text("传感器校准已到期", "Calibration of sensors has ended"),
            Text(
                "安排校准，并用 strongroom calibrate 登记。",
                "Have them calibrated and record it: strongroom calibrate.",
            ),
            Text(
                "其读数不能作为依据，视为无人看守。",
                "Their values prove nothing; those places count as unwatched.",
            ),
            page="day",
        ),
        _own(
            FOLDER,
            2,
            Text(
                "档案馆文件夹有错误，沿用旧版本", "The building folder has errors; an earlier one is in use"
            ),
            Text(
                "运行 strongroom check，改正后运行 strongroom reload。",
                "Run strongroom check, correct it, then strongroom reload.",
            ),
            Text("此后的修改没有生效。", "What was changed since is not in force."),
            page="day",
        ),
        _own(
            PROGRAM,
            1,
            Text("程序出错，有内容未能处理", "A fault of the program: something was not dealt with"),
            Text(
                "派人核对现场；把引擎日志交给开发者，然后重启引擎。",
                "Have somebody look on site; give the engine's log to its developers, then restart it.",
            ),
            Text("该消息或操作没有生效。", "That message or act had no effect."),
        ),
        _own(
            ACTS,
            2,
            Text("有操作无法读取", "An act could not be read"),
            Text("请当事人重新操作一次。", "Ask whoever acted to do it again."),
            Text("该操作没有生效。", "It had no effect."),
        ),
        _own(
            INBOX,
            1,
            Text("页面上的操作送不到引擎", "What people do on screens does not arrive"),
            Text(
                "检查数据目录里 inbox.db 的权限和磁盘；用短信或电话应答。",
                "Check inbox.db in the data directory: permissions, disk; answer by message or phone.",
            ),
            Text("在页面上确认报警无效。", "Acknowledging on a screen has no effect."),
        ),
        _own(
            ACCOUNTS,
            2,
            Text("登录账号的文件有问题", "The files of signing in are in trouble"),
            Text(
                "核对账号（strongroom user list），缺少的用 strongroom user add 重新添加。",
                "Check the accounts (strongroom user list) and add those missing: strongroom user add.",
            ),
            Text("有人可能无法登录；报警和短信不受影响。", "Some may not get in; alarms and messages go on."),
        ),
    )
}


def with_builtins(building: Building) -> dict[str, Rule]:
    """The folder's rules, and those for silent sensors where none of the folder's covers a sensor in time (C3)."""
    return {**building.rules, **silence_rules(building.rules, building.sensors, building.zones)}


def own_change(rule: str, met: bool, at: float, reason: Text) -> Change:
    """The engine's own word on one of its rules."""
    return Change(
        rule=rule,
        scope="building",
        zone="",
        verdict=Verdict.MET if met else Verdict.CLEAR,
        at=at,
        reason=reason,
    )
