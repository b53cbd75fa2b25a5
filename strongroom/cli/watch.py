"""``strongroom watch``: on a second machine, tell people when the first one goes quiet."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from alerts.model import Person
from sensors.model import Text
from strongroom.carriers import sender_of
from strongroom.cli import app
from strongroom.cli.common import settings_or_exit
from strongroom.clock import SystemClock


@app.command()
def watch(
    building: Annotated[str, typer.Argument(help="Building id whose beat to hear · 建筑编号")],
    phone: Annotated[
        list[str] | None, typer.Option(help="Number to tell, +… (several) · 要通知的号码")
    ] = None,
    mail: Annotated[list[str] | None, typer.Option(help="Address to tell (several) · 要通知的邮箱")] = None,
    url: Annotated[str, typer.Option(help="Look here over HTTP instead of MQTT, e.g. https://…/beat")] = "",
    language: Annotated[str, typer.Option(help="zh or en · 消息语言")] = "zh",
    silent_s: Annotated[float, typer.Option(min=30.0, help="Seconds of silence that are too long")] = 90.0,
) -> None:
    """Hear the engine's beat and tell people when it stops · 监听心跳，停跳时通知人.

    The sender and the broker come from this machine's own environment, as for the engine.
    """
    from ingest.mqtt import MqttSource
    from strongroom.watch import Watch, ask, listen, tell

    settings = settings_or_exit(Path(building), Path())
    sender = sender_of(settings)
    people = [
        Person(id=to, name=Text(to, to), phone=to, language=language, channels=("sms", "voice"))
        for to in phone or ()
    ]
    people += [
        Person(id=to, name=Text(to, to), mail=to, language=language, channels=("mail",)) for to in mail or ()
    ]
    if sender is None or not people:
        typer.echo(
            "需要通道（STRONGROOM_TWILIO_… 或 STRONGROOM_SMTP_URL）和 --phone 或 --mail · "
            "a channel (STRONGROOM_TWILIO_… or STRONGROOM_SMTP_URL) and --phone or --mail are needed",
            err=True,
        )
        raise typer.Exit(2)
    clock = SystemClock()
    watching = Watch(building, clock.now(), silent_s)
    source = MqttSource(
        settings.broker,
        [f"strongroom/{building}/beat"],
        client_id=f"strongroom-watch-{building}",
        now=clock.now,
        monotonic=clock.monotonic,
        status_topic=f"strongroom/{building}/watch",
    )
    if not url:
        source.start()
    never = threading.Event()
    try:
        while True:
            if url:
                found = ask(url)
                beats = [] if found is None else [found]
                clock.wait(min(20.0, silent_s / 3.0), never)
            else:
                beats = listen(source, 1.0)
            for trouble in beats:
                watching.heard(clock.now(), trouble)
            told = watching.tick(clock.now())
            if told is not None:
                typer.echo(f"{told.words.zh} {told.words.en}")
                tell(sender, people, told, clock.now(), typer.echo)
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        if not url:
            source.stop()
