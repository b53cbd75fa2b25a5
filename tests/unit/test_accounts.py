"""Files of signing in that come back damaged: told, mended, and no door opened by it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from dashboard.door import Door
from dashboard.routes import routes
from strongroom.accounts import Accounts, session_key
from strongroom.cli import app, load
from strongroom.clock import SetClock
from strongroom.datadir import SESSION_KEY, SITE_DB, USERS_DB
from strongroom.users import Unreadable, User, Users, Wait
from tests.fakes.world import QUICK, make_world

NOW = 1_000_000.0
PEOPLE = 40
OFFERED = {f"user{n:02}": ("viewer", "administrator", "coordinator")[n % 3] for n in range(PEOPLE)}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A users file of several pages."""
    made = Users(tmp_path_factory.mktemp("whole") / USERS_DB, QUICK)
    for name, role in OFFERED.items():
        made.add(name, f"password of {name}", (role,), name, "zh")
    for n in range(300):
        made.looked("user01", "rescue", float(n))
    return made.path.read_bytes()


@pytest.fixture
def data(tmp_path: Path, template: bytes) -> Path:
    (tmp_path / SITE_DB).write_bytes(b"a site that has run")
    (tmp_path / USERS_DB).write_bytes(template)
    (tmp_path / USERS_DB).chmod(0o600)
    return tmp_path


def looked(data: Path) -> Accounts:
    accounts = Accounts(data, SetClock(NOW))
    accounts.look()
    return accounts


def said(accounts: Accounts) -> str:
    words = accounts.trouble()
    assert words is not None
    assert words.zh and words.en
    return words.en


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(3).randbytes(path.stat().st_size))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").touch()


def test_whole_files_and_a_first_start_say_nothing(data: Path, tmp_path: Path) -> None:
    session_key(data)
    assert looked(data).trouble() is None
    assert not list(data.glob("*.damaged-*"))
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    Users(fresh / USERS_DB, QUICK)
    assert looked(fresh).trouble() is None


@pytest.mark.parametrize("spoil", [empty, garbage, folder])
def test_with_no_account_left_nobody_gets_in_and_the_way_out_is_said(
    data: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(data / USERS_DB)
    users = Users(data / USERS_DB, QUICK)
    assert isinstance(users.sign_in("user01", "password of user01", "here", NOW), Unreadable)
    words = said(looked(data))
    assert f"{USERS_DB}.damaged-1" in words and "strongroom user add" in words
    assert (data / f"{USERS_DB}.damaged-1").exists()
    assert users.everyone() == []
    for name in ("user01", "admin", "administrator", ""):
        for password in ("", "admin", "password of user01"):
            assert users.sign_in(name, password, f"{name} {password}", NOW) is None
    assert "No account is left" in said(looked(data)), "also after the next start"
    users.add("new", "a new password", ("administrator",), "", "en")
    assert looked(data).trouble() is None
    assert (data / USERS_DB).stat().st_mode & 0o077 == 0, "as secret as the file before"


def test_every_account_that_can_be_read_stays(data: Path) -> None:
    content = bytearray((data / USERS_DB).read_bytes())
    page = content.index(b"user20$argon2id") // 4096 * 4096
    content[page : page + 4096] = random.Random(4).randbytes(4096)
    (data / USERS_DB).write_bytes(content)
    words = said(looked(data))
    users = Users(data / USERS_DB, QUICK)
    left = {user.name for user in users.everyone()}
    assert 10 < len(left) < PEOPLE
    assert f"{len(left)} accounts are left" in words
    for name in OFFERED:
        found = users.sign_in(name, f"password of {name}", name, NOW)
        assert isinstance(found, User) == (name in left)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_disk_makes_of_the_file_nobody_gains_by_it(data: Path, seed: int) -> None:
    """Bytes, pages, ends: no account with other rights, no other password, and never an exception."""
    chance, path = random.Random(seed), data / USERS_DB
    content = bytearray(path.read_bytes())
    for _ in range(chance.randrange(1, 30)):
        place = chance.randrange(len(content))
        length = chance.choice((1, 1, 4, 100, 4096))
        content[place : place + length] = chance.choice((chance.randbytes(length), bytes(length)))
    path.write_bytes(content[: chance.choice((len(content), chance.randrange(len(content))))])
    before = Users(path, QUICK)
    found = [before.get(name) for name in OFFERED]
    before.looked("user01", "rescue", NOW)
    before.looks()
    accounts = looked(data)
    users = Users(path, QUICK)
    for user in (*found, *users.everyone()):
        # A name or role whose letters the disk changed is nobody's: its hash still wants the old password.
        if user is not None and user.name in OFFERED:
            assert set(user.roles) <= {OFFERED[user.name]}
    for name in ("user05", "admin"):
        assert not isinstance(users.sign_in(name, "", "x", NOW), User)
        assert not isinstance(users.sign_in(name, "admin", "x", NOW), User)
    again = Accounts(data, SetClock(NOW))
    again.look()
    left = again.trouble()
    assert left is None or not users.everyone(), (accounts.trouble(), left)


def test_a_screen_that_was_let_in_stays_lit_while_the_file_is_away(data: Path) -> None:
    users = Users(data / USERS_DB, QUICK)
    here = make_world(data / "other")
    door = Door(b"k" * 32, users, here.desk.building)
    wall, stranger = users.get("user00"), users.get("user01")
    assert wall is not None and stranger is not None
    fresh = Door(b"k" * 32, Users(data / USERS_DB, QUICK), here.desk.building)
    cookie = door.admit(wall, NOW)
    garbage(data / USERS_DB)
    assert door.viewer(cookie, NOW + 60) is not None
    assert door.viewer(cookie, NOW + 13 * 3600) is None, "and no longer than it would have"
    assert fresh.viewer(cookie, NOW + 60) is None, "a process that never knew them lets nobody in"
    looked(data)
    assert door.viewer(cookie, NOW + 60) is None, "once mended, the file says who is known"


def test_an_account_added_again_opens_no_session_of_the_lost_one(data: Path) -> None:
    users = Users(data / USERS_DB, QUICK)
    door = Door(b"k" * 32, users, make_world(data / "other").desk.building)
    before = users.get("user01")
    assert before is not None
    cookie = door.admit(before, NOW)
    garbage(data / USERS_DB)
    looked(data)
    users.add("user01", "another password", ("viewer",), "", "zh")
    assert door.viewer(cookie, NOW) is None


def test_tries_and_looks_count_on_a_disk_that_takes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = Users(data / USERS_DB, QUICK)
    honest = users._open

    def away() -> sqlite3.Connection:
        base = sqlite3.connect(f"file:{users.path}?mode=ro", uri=True)
        base.execute("PRAGMA query_only = 1")
        return base

    monkeypatch.setattr(users, "_open", away)
    assert isinstance(users.sign_in("user01", "password of user01", "there", NOW), User)
    for _ in range(5):
        assert users.sign_in("user01", "guess", "here", NOW) is None
    assert isinstance(users.sign_in("user01", "password of user01", "here", NOW), Wait)
    users.looked("user01", "rescue", NOW)
    assert users.looks(1)[0].at == NOW
    monkeypatch.setattr(users, "_open", honest)
    users.looked("user01", "rescue", NOW + 1)
    assert [one.at for one in users.looks(3)] == [NOW + 1, NOW, 299.0]


@pytest.mark.parametrize(
    "spoil",
    [empty, cut, folder, lambda path: path.write_bytes(bytes(32)), lambda path: path.write_bytes(b"k" * 32)],
)
def test_a_damaged_key_is_never_used(data: Path, spoil: Callable[[Path], None]) -> None:
    users = Users(data / USERS_DB, QUICK)
    building = make_world(data / "other").desk.building
    wall = users.get("user00")
    assert wall is not None
    good = session_key(data)
    cookie = Door(good, users, building).admit(wall, NOW)
    spoil(data / SESSION_KEY)
    guesses = [b"", bytes(16), bytes(32), b"k" * 32, good[:16]]
    forged = [Door(guess, users, building).admit(wall, NOW) for guess in guesses]
    door = Door(session_key(data), users, building)
    assert [door.viewer(one, NOW) for one in (cookie, *forged)] == [None] * (len(guesses) + 1)
    assert "key of the sessions" in said(looked(data))
    mended = session_key(data)
    assert session_key(data) == mended and len(mended) == 32
    assert [Door(mended, users, building).viewer(one, NOW) for one in forged] == [None] * len(guesses)
    assert (data / SESSION_KEY).stat().st_mode & 0o077 == 0
    assert looked(data).trouble() is None


def test_files_that_may_not_be_read_are_told_and_left_alone(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr("strongroom.accounts.salvage", refused)
    accounts = looked(data)
    assert "permissions" in said(accounts)
    assert not list(data.glob("*.damaged-*"))
    monkeypatch.undo()
    accounts.look()
    assert accounts.trouble() is None, "clears by itself"


def test_the_login_page_says_why_nobody_can_get_in(tmp_path: Path) -> None:
    here = make_world(tmp_path)
    web = TestClient(Starlette(routes=routes(here)), follow_redirects=False)
    assert "sr-problem" not in web.get("/login").text
    garbage(tmp_path / USERS_DB)
    (tmp_path / SITE_DB).write_bytes(b"a site that has run")
    page = web.get("/login?lang=en").text
    assert "cannot be read right now" in page
    form = {"name": "viewer", "password": "correct horse", "to": "/"}
    form["token"] = page.split('name="token" value="')[1].split('"')[0]
    assert web.post("/login", data=form).status_code == 503
    looked(tmp_path)
    assert "strongroom user add NAME" in web.get("/login?lang=en").text
    assert "strongroom user add" in web.get("/login?lang=zh").text


def test_the_command_line_mends_first_and_tells(data: Path) -> None:
    load()
    garbage(data / USERS_DB)
    run = CliRunner().invoke(
        app, ["user", "add", "new", "--data", str(data)], input="long enough\nlong enough\n"
    )
    assert run.exit_code == 0, run.output
    assert "damaged" in run.output
    listed = CliRunner().invoke(app, ["user", "list", "--data", str(data)])
    assert listed.output.startswith("new\tviewer")
