"""A register of a large archive is larger than any other file of the folder, and is read."""

from __future__ import annotations

from pathlib import Path

from playbooks.holdings import register
from strongroom.folder import source
from strongroom.folder.holdings import read_holdings
from strongroom.folder.ledger import Ledger
from strongroom.folder.source import MAX_BYTES, REGISTER_BYTES, read_source
from tests.unit.playbooks import house


def test_a_register_beyond_the_limit_of_other_files_is_read(tmp_path: Path) -> None:
    many = [house.holding(f"h{n:05d}", tools="钥匙" * 700) for n in range(4_200)]
    (tmp_path / "holdings.csv").write_bytes(register.export(many))
    assert (tmp_path / "holdings.csv").stat().st_size > MAX_BYTES
    ledger = Ledger()
    assert read_source(tmp_path, "holdings.csv", ledger) is None
    read = read_source(tmp_path, "holdings.csv", ledger, REGISTER_BYTES)
    assert read is not None
    assert list(read_holdings(read, tmp_path, Ledger()).holdings.values()) == many


def test_beyond_its_own_limit_it_is_refused_with_both_sizes(tmp_path: Path) -> None:
    (tmp_path / "holdings.csv").write_bytes(b"x" * (source.MAX_BYTES + 1))
    ledger = Ledger()
    assert read_source(tmp_path, "holdings.csv", ledger) is None
    assert "16 MB" in ledger.problems[0].says.en
