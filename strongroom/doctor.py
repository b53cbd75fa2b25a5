"""What is wrong with this installation, and what to do: one finding per thing looked at."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from sensors.model import RawMessage, Text
from strongroom.clock import Clock
from strongroom.folder.load import load
from strongroom.problems import render
from strongroom.ready import board_of, pages_answer
from strongroom.settings import Settings

Grade = Literal["ok", "warning", "problem"]
OWN = ("sensors", "ingest", "alerts", "playbooks", "strongroom", "dashboard")
LITTLE_BYTES, TOO_LITTLE_BYTES = 5 << 30, 512 << 20
SLOW_SYNC_S = 0.1
PROBES = 250
NARROW = 100  # messages in flight; below this a stalled disk soon delays alarms (docs/operate.md)
STALE_S = 15.0
NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "fuse.sshfs",
    "glusterfs",
    "ceph",
    "afs",
}


class Finding(Struct, frozen=True, kw_only=True):
    """One thing looked at. ``remedy`` says what to do, empty where all is well."""

    about: Text
    grade: Grade
    words: Text
    remedy: Text = Text("", "")


def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at everything; a look that fails is a finding itself, never a traceback."""
    looks: tuple[Callable[[], Finding | list[Finding]], ...] = (
        packages,
        lambda: folder(settings, clock),
        lambda: disk(settings, clock),
        clock_kept,
        lambda: broker(settings, clock),
        lambda: sender(settings),
        lambda: reach(settings, clock),
        lambda: engine(settings, clock),
        lambda: pages(settings),
    )
    found: list[Finding] = []
    for look in looks:
        try:
            seen = look()
            found += seen if isinstance(seen, list) else [seen]
        except Exception as error:  # the examination goes on whatever one look meets
            words = f"{type(error).__name__}: {error}"
            found.append(
                Finding(
                    about=Text("检查本身", "the examination itself"),
                    grade="problem",
                    words=Text(words, words),
                    remedy=Text("请把这一行发给开发者", "please report this line"),
                )
            )
    return found


def reach(settings: Settings, clock: Clock) -> list[Finding]:
    """Everything about reaching people, as far as the building can be read."""
    from strongroom.doctor_sender import sender_findings

    building = load(settings.building, clock.now()).building
    return sender_findings(settings, building, clock) if building is not None else []


def packages() -> Finding:
    """Our packages have common names; another distribution of the same name must not shadow one."""
    about = Text("程序包", "packages")
    home = Path(__file__).resolve().parents[1]
    strangers = []
    for name in OWN:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parents[1] != home:
            strangers.append(name)
    if strangers:
        names = ", ".join(strangers)
        return Finding(
            about=about,
            grade="problem",
            words=Text(f"{names} 来自别处或缺失", f"{names} missing or from somewhere else"),
            remedy=Text(
                "请装在单独的虚拟环境里（make setup）",
                "install into a virtual environment of its own (make setup)",
            ),
        )
    return Finding(about=about, grade="ok", words=Text("齐全", "complete"))


def folder(settings: Settings, clock: Clock) -> Finding:
    """The building folder can be used."""
    about = Text("建筑目录", "building folder")
    loaded = load(settings.building, clock.now())
    count = len(loaded.problems)
    if loaded.building is None:
        return Finding(
            about=about,
            grade="problem",
            words=Text(render(loaded.problems[:3], "zh"), render(loaded.problems[:3], "en")),
            remedy=Text(
                f"运行 strongroom check {settings.building}", f"run strongroom check {settings.building}"
            ),
        )
    sensors = len(loaded.building.sensors)
    return Finding(
        about=about,
        grade="warning" if count else "ok",
        words=Text(f"{sensors} 个传感器，{count} 条提示", f"{sensors} sensors, {count} remarks"),
        remedy=Text("运行 strongroom check 查看", "see strongroom check") if count else Text("", ""),
    )


def disk(settings: Settings, clock: Clock) -> Finding:
    """The data directory is local, roomy and fast enough to be written before every acknowledgement."""
    about = Text("数据目录", "data directory")
    data = settings.data
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / ".doctor"
        began = clock.monotonic()
        with probe.open("wb") as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        took = clock.monotonic() - began
        probe.unlink()
    except OSError as error:
        return Finding(
            about=about,
            grade="problem",
            words=Text(f"{data} 不能写入：{error}", f"{data} cannot be written: {error}"),
            remedy=Text("改正权限或另设 STRONGROOM_DATA", "correct the permissions or set STRONGROOM_DATA"),
        )
    kind = file_system(data)
    if kind in NETWORK_FILE_SYSTEMS:
        return Finding(
            about=about,
            grade="problem",
            words=Text(f"{data} 在网络文件系统 {kind} 上", f"{data} lies on a network file system ({kind})"),
            remedy=Text("把 STRONGROOM_DATA 设到本地磁盘", "set STRONGROOM_DATA to a local disk"),
        )
    free = shutil.disk_usage(data).free
    shown = f"{free / (1 << 30):.1f} GB"
    if free < LITTLE_BYTES:
        return Finding(
            about=about,
            grade="problem" if free < TOO_LITTLE_BYTES else "warning",
            words=Text(f"只剩 {shown}", f"only {shown} free"),
            remedy=Text("清理磁盘", "free some space"),
        )
    slow = took > SLOW_SYNC_S
    return Finding(
        about=about,
        grade="warning" if slow else "ok",
        words=Text(
            f"剩余 {shown}，落盘 {took * 1000:.0f} 毫秒", f"{shown} free, {took * 1000:.0f} ms to sync"
        ),
        remedy=Text("换用更快的磁盘", "use a faster disk") if slow else Text("", ""),
    )


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system a path lies on, "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    here = path.resolve()
    best, kind = -1, ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if (here == point or point in here.parents) and len(point.parts) > best:
            best, kind = len(point.parts), fields[2]
    return kind


def clock_kept() -> Finding:
    """The system clock is kept by somebody."""
    about = Text("时钟", "clock")
    program = shutil.which("timedatectl")
    said = ""
    if program:
        answer = subprocess.run(  # noqa: S603 - a fixed command
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        said = answer.stdout.strip()
    if said == "yes":
        return Finding(about=about, grade="ok", words=Text("已与网络时间同步", "synchronised"))
    unknown = Text("无法得知是否同步", "cannot tell whether it is synchronised")
    return Finding(
        about=about,
        grade="warning",
        words=Text("未同步", "not synchronised") if said == "no" else unknown,
        remedy=Text("启用 NTP（例如 chrony）", "run a time service (for example chrony)"),
    )


def broker(settings: Settings, clock: Clock) -> Finding:
    """The broker lets us in, and keeps a wide window of unacknowledged messages."""
    about = Text("MQTT 服务器", "MQTT broker")
    name = f"strongroom-doctor-{secrets.token_hex(4)}"
    topic = f"strongroom/doctor/{name}"
    source = MqttSource(
        settings.broker,
        [f"{topic}/probe"],
        client_id=name,
        now=clock.now,
        monotonic=clock.monotonic,
        status_topic=f"{topic}/status",
    )
    publisher = MqttPublisher(settings.broker, client_id=f"{name}-p", window=PROBES)
    source.start()
    try:
        if not _connected(source, publisher, clock):
            words = source.alive().words
            return Finding(
                about=about,
                grade="problem",
                words=Text(f"{settings.broker}：{words.zh}", f"{settings.broker}: {words.en}"),
                remedy=Text(
                    "检查地址、端口、防火墙和 STRONGROOM_MQTT_ 变量",
                    "check address, port, firewall and the STRONGROOM_MQTT_ variables",
                ),
            )
        window = _window(source, publisher, f"{topic}/probe")
    finally:
        source.stop()
        publisher.stop()
        _forget(settings, name, f"{topic}/status")
    shown = Text(
        f"{settings.broker}，同时在途 {window}{' 以上' if window >= PROBES else ''} 条",
        f"{settings.broker}, {window}{' or more' if window >= PROBES else ''} messages in flight",
    )
    if window < NARROW:
        return Finding(
            about=about,
            grade="warning",
            words=shown,
            remedy=Text(
                "在 mosquitto.conf 写 max_inflight_messages 0（见 docs/operate.md）",
                "write max_inflight_messages 0 into mosquitto.conf (see docs/operate.md)",
            ),
        )
    return Finding(about=about, grade="ok", words=shown)


def _connected(source: MqttSource, publisher: MqttPublisher, clock: Clock) -> bool:
    until = clock.monotonic() + 8.0
    while not source.alive().connected and clock.monotonic() < until:
        source.take(1, 0.1)
    return source.alive().connected and publisher.start(5.0)


def _window(source: MqttSource, publisher: MqttPublisher, topic: str) -> int:
    """How many messages the broker gives us without a single acknowledgement."""
    source.take(1000, 0.3)  # the subscription settles
    for number in range(PROBES):
        publisher.publish(topic, b"%d" % number)
    publisher.flush(5.0)
    kept: list[RawMessage] = []
    while len(kept) < PROBES and (batch := source.take(PROBES, 1.0)):
        kept += batch
    source.acknowledge(kept)
    return len(kept)


def _forget(settings: Settings, name: str, status: str) -> None:
    """A clean session under the same name makes the broker forget ours; the status word goes as well."""
    cleaner = MqttPublisher(settings.broker, client_id=name)
    if cleaner.start(3.0):
        cleaner.publish(status, b"", retain=True)
        cleaner.flush(3.0)
    cleaner.stop()


def sender(settings: Settings) -> Finding:
    """Somebody can be told."""
    about = Text("消息通道", "channels")
    if settings.sender == "paper":
        return Finding(
            about=about,
            grade="ok" if settings.demo else "warning",
            words=Text("只写在页面上，不会真的发出", "shown on the page only, never really sent"),
            remedy=Text("", "") if settings.demo else _SET_A_CHANNEL,
        )
    names = [Text("Twilio", "Twilio")] if settings.sender == "twilio" else []
    names += [Text("邮件", "mail")] if settings.smtp else []
    names += [Text(name, name) for name in settings.channels]
    if names:
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        return Finding(about=about, grade="ok", words=Text(f"已设置：{zh}", f"set up: {en}"))
    return Finding(
        about=about,
        grade="problem",
        words=Text("没有消息通道，有警报时不会通知任何人", "no channel: nobody is told of an alarm"),
        remedy=_SET_A_CHANNEL,
    )


_SET_A_CHANNEL = Text(
    "设置 STRONGROOM_TWILIO_…、STRONGROOM_SMTP_URL 或 STRONGROOM_CHANNELS（见 docs/operate.md）",
    "set STRONGROOM_TWILIO_…, STRONGROOM_SMTP_URL or STRONGROOM_CHANNELS (docs/operate.md)",
)


def engine(settings: Settings, clock: Clock) -> Finding:
    """The engine runs and writes."""
    about = Text("引擎", "engine")
    board = board_of(settings)
    if board is None:
        return Finding(
            about=about,
            grade="warning",
            words=Text("尚未运行过", "has not run yet"),
            remedy=Text(
                f"运行 strongroom run {settings.building}", f"run strongroom run {settings.building}"
            ),
        )
    age = clock.now() - board.at
    if age > STALE_S:
        return Finding(
            about=about,
            grade="problem",
            words=Text(f"{age:.0f} 秒没有动静", f"no sign of life for {age:.0f} s"),
            remedy=Text(
                f"运行 strongroom run {settings.building}", f"run strongroom run {settings.building}"
            ),
        )
    health = board.health
    stored = health.store_trouble or Text("正常", "ok")
    if health.store_trouble is not None or not health.broker_connected:
        return Finding(
            about=about,
            grade="problem",
            words=Text(
                f"{health.broker_detail}；存储：{stored.zh}",
                f"{health.broker_detail}; storage: {stored.en}",
            ),
            remedy=Text("先解决上面的问题", "solve the findings above first"),
        )
    return Finding(
        about=about,
        grade="ok",
        words=Text(
            f"运行中，每秒 {health.intake_rate:g} 条，提交 {health.commit_ms:g} 毫秒",
            f"running, {health.intake_rate:g} messages a second, commit {health.commit_ms:g} ms",
        ),
    )


def pages(settings: Settings) -> Finding:
    """The dashboard answers."""
    about = Text("页面", "dashboard")
    address = f"{settings.dashboard_host}:{settings.dashboard_port}"
    if pages_answer(settings.dashboard_host, settings.dashboard_port):
        return Finding(about=about, grade="ok", words=Text(f"{address} 正常", f"{address} answers"))
    return Finding(
        about=about,
        grade="warning",
        words=Text(f"{address} 没有应答", f"{address} does not answer"),
        remedy=Text(f"运行 strongroom run {settings.building}", f"run strongroom run {settings.building}"),
    )
