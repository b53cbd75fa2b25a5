"""Who may sign in: hashes, slowing down, PINs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strongroom.cli import app, load
from strongroom.users import User, Users, Wait
from tests.fakes.world import QUICK

NOW = 1_000_000.0


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path / "users.db", QUICK)
    made.add("wang", "correct horse", ("archivist", "coordinator"), "wang", "zh")
    return made


def test_right_words_open_wrong_words_do_not(users: Users) -> None:
    found = users.sign_in("wang", "correct horse", "10.0.0.1", NOW)
    assert isinstance(found, User) and found.roles == ("archivist", "coordinator") and found.person == "wang"
    assert users.sign_in("wang", "Correct horse", "10.0.0.1", NOW) is None
    assert users.sign_in("nobody", "correct horse", "10.0.0.1", NOW) is None
    assert users.sign_in("wang", "", "10.0.0.1", NOW) is None


def test_no_password_lies_in_the_file(users: Users) -> None:
    assert b"correct horse" not in users.path.read_bytes()
    with sqlite3.connect(users.path) as db:
        stored = db.execute("SELECT hash FROM users").fetchone()[0]
    assert stored.startswith("$argon2id$")
    assert users.path.stat().st_mode & 0o077 == 0


def test_guessing_is_slowed_from_there_and_not_from_elsewhere(users: Users) -> None:
    for _ in range(5):
        assert users.sign_in("wang", "guess", "10.0.0.66", NOW) is None
    held = users.sign_in("wang", "correct horse", "10.0.0.66", NOW)
    assert isinstance(held, Wait) and held.seconds == pytest.approx(5.0)
    assert isinstance(users.sign_in("wang", "correct horse", "10.0.0.1", NOW), User)
    assert isinstance(users.sign_in("wang", "correct horse", "10.0.0.66", NOW + 6), User)


def test_waiting_grows_and_is_bounded(users: Users) -> None:
    at, longest = NOW, 0.0
    for _ in range(30):
        found = users.sign_in("wang", "guess", "10.0.0.66", at)
        while isinstance(found, Wait):
            longest = max(longest, found.seconds)
            at += found.seconds + 0.1
            found = users.sign_in("wang", "guess", "10.0.0.66", at)
    assert longest == pytest.approx(900.0)


def test_one_address_cannot_try_many_names(users: Users) -> None:
    for number in range(20):
        assert users.sign_in(f"name{number}", "guess", "10.0.0.66", NOW) is None
    assert isinstance(users.sign_in("wang", "correct horse", "10.0.0.66", NOW), Wait)


def test_a_new_password_ends_old_sessions_and_a_removed_user_is_gone(users: Users) -> None:
    before = users.get("wang")
    users.add("wang", "another one", ("viewer",), "wang", "en")
    after = users.get("wang")
    assert before is not None and after is not None and after.epoch > before.epoch
    assert users.remove("wang") and users.get("wang") is None and not users.remove("wang")


@pytest.mark.parametrize(
    ("name", "password", "roles"),
    [
        ("", "correct horse", ("viewer",)),
        ("a", "short", ("viewer",)),
        ("a", "correct horse", ("boss",)),
        ("a", "correct horse", ()),
    ],
)
def test_bad_users_are_refused_with_words(
    users: Users, name: str, password: str, roles: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        users.add(name, password, roles, "", "zh")


def test_pins_open_one_act_and_are_slowed_too(users: Users) -> None:
    with pytest.raises(ValueError, match="digits"):
        users.set_pin("wang", "12ab")
    assert users.by_pin("wang", "", "10.0.0.1", NOW) is None
    users.set_pin("wang", "246810")
    assert isinstance(users.by_pin("wang", "246810", "10.0.0.1", NOW), User)
    assert users.by_pin("wang", "correct horse", "10.0.0.1", NOW) is None
    for _ in range(5):
        users.by_pin("wang", "000000", "10.0.0.2", NOW)
    assert isinstance(users.by_pin("wang", "246810", "10.0.0.2", NOW), Wait)


def test_looks_are_remembered_newest_first(users: Users) -> None:
    users.looked("wang", "rescue", NOW)
    users.looked("li", "print", NOW + 1)
    assert [(one.user, one.what) for one in users.looks()] == [("li", "print"), ("wang", "rescue")]


def test_command_line_asks_for_the_password(tmp_path: Path) -> None:
    load("user")
    run = CliRunner()
    data = ["--data", str(tmp_path)]
    done = run.invoke(
        app, ["user", "add", "li", "--role", "archivist", *data], input="secret words\nsecret words\n"
    )
    assert done.exit_code == 0, done.output
    assert "secret words" not in done.output
    assert isinstance(Users(tmp_path / "users.db").sign_in("li", "secret words", "x", NOW), User)
    bad = run.invoke(
        app, ["user", "add", "zhao", "--role", "boss", *data], input="secret words\nsecret words\n"
    )
    assert bad.exit_code == 2 and "boss" in bad.output
    assert "li\tarchivist" in run.invoke(app, ["user", "list", *data]).output
    assert run.invoke(app, ["user", "remove", "li", *data]).exit_code == 0
    assert run.invoke(app, ["user", "remove", "li", *data]).exit_code == 2
