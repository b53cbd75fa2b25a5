"""How accounts lie in ``users.db``, and what a row must look like to be one."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

SCHEMA = """
CREATE TABLE IF NOT EXISTS users(
  name TEXT PRIMARY KEY, hash TEXT NOT NULL, roles TEXT NOT NULL, person TEXT NOT NULL, language TEXT NOT NULL,
  session_h REAL NOT NULL, epoch INTEGER NOT NULL, pin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tries(
  key TEXT PRIMARY KEY, failures INTEGER NOT NULL, at REAL NOT NULL, until_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, user TEXT NOT NULL, what TEXT NOT NULL);
"""
ROLES = ("viewer", "helper", "archivist", "coordinator", "administrator")
_HASH = "$argon2id$"


def is_account(table: str, row: Sequence[object]) -> bool:
    """Whether a row of ``users`` or ``tries`` can be what was written; True for other tables.

    Roles, hashes and numbers have a form that a damaged byte seldom keeps. What has lost it is no account: rather
    somebody is added again than let in with what nobody gave them.
    """
    if table == "users":
        return _is_user(row)
    if table == "tries":
        key, failures, *times = row
        return isinstance(key, str) and isinstance(failures, int) and all(_is_number(one) for one in times)
    return True


def _is_user(row: Sequence[object]) -> bool:
    name, hashed, roles, person, language, session_h, epoch, pin = row
    words = (name, hashed, roles, person, language, pin)
    if not all(isinstance(word, str) and word.isprintable() and "\ufffd" not in word for word in words):
        return False
    return (
        bool(name)
        and str(hashed).startswith(_HASH)
        and (pin == "" or str(pin).startswith(_HASH))
        and set(str(roles).split(",")) <= set(ROLES)
        and _is_number(session_h)
        and isinstance(epoch, int)
        and epoch > 0
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)
