"""``strongroom user``: who may sign in to the screens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from strongroom.accounts import Accounts
from strongroom.cli import app
from strongroom.cli.common import settings_or_exit
from strongroom.clock import SystemClock
from strongroom.datadir import USERS_DB
from strongroom.users import Users
from strongroom.users_file import ROLES

users_app = typer.Typer(no_args_is_help=True, help="Who may sign in · 谁可以登录")
app.add_typer(users_app, name="user")

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory; default STRONGROOM_DATA · 数据目录，默认取 STRONGROOM_DATA"),
]


def _users(data: Path | None) -> Users:
    """The accounts, mended first where they are damaged; ends the command with a sentence where they are away."""
    folder = data or settings_or_exit(None, None).data
    users = Users(folder / USERS_DB)
    accounts = Accounts(folder, SystemClock())
    accounts.look()
    if (trouble := accounts.trouble()) is not None:
        typer.echo(f"{trouble.zh} · {trouble.en}", err=True)
    if users.missing() is None:
        typer.echo(f"{users.path}: 无法读写账号 · the accounts cannot be read", err=True)
        raise typer.Exit(2)
    return users


@contextmanager
def _written() -> Iterator[None]:
    """What the disk does not take ends the command with a sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        typer.echo(f"没有写入 not written: {error}", err=True)
        raise typer.Exit(2) from None


def _asked(words: str) -> str:
    return str(typer.prompt(words, hide_input=True, confirmation_prompt=True))


@users_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name typed when signing in · 登录名")],
    data: Data = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help=f"One or more of · 角色：{', '.join(ROLES)}")
    ] = None,
    person: Annotated[str, typer.Option("--person", help="Their id in people.toml · 人员编号")] = "",
    language: Annotated[str, typer.Option("--language", help="zh or en · 语言")] = "zh",
    hours: Annotated[float, typer.Option("--hours", help="How long a session lasts · 登录有效小时数")] = 12.0,
) -> None:
    """Add a user or give one a new password; the password is asked for, never an argument."""
    users = _users(data)
    try:
        with _written():
            users.add(name, _asked("Password 密码"), tuple(role or ["viewer"]), person, language, hours)
    except ValueError as problem:
        typer.echo(f"not added 未添加: {problem}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{name} may sign in 可以登录")
    if not person and set(role or ()) - {"viewer"}:
        typer.echo(
            "没有写 --person：人员名单（people.toml）里没有此人，引擎会拒绝其操作 · "
            "no --person: the engine refuses acts of a login that is nobody in people.toml",
            err=True,
        )


@users_app.command("pin")
def pin(name: str, data: Data = None) -> None:
    """Set the PIN with which a user acknowledges at the wall and on the answer page."""
    users = _users(data)
    try:
        with _written():
            users.set_pin(name, _asked("PIN"))
    except ValueError as problem:
        typer.echo(f"not set 未设置: {problem}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"PIN of {name} set 已设置")


@users_app.command("remove")
def remove(name: str, data: Data = None) -> None:
    """Take a user away; open sessions end at once."""
    users = _users(data)
    with _written():
        found = users.remove(name)
    if not found:
        typer.echo(f"there is no user 没有用户 {name}", err=True)
        raise typer.Exit(2)
    typer.echo(f"{name} removed 已删除")


@users_app.command("list")
def show(data: Data = None) -> None:
    """Every user with roles and person."""
    for user in _users(data).everyone():
        typer.echo(f"{user.name}\t{','.join(user.roles)}\t{user.person or '-'}\t{user.language}")
