"""A large register of key holdings: import, export, defects and checking the folder, in time and memory.

``python -m bench.register --json [--rows 100000] [--xlsx]``. The made-up register fills every column; seconds are
processor seconds, memory is the peak of the whole run. ``--xlsx`` adds workbooks, which take about ten times as long
as CSV.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.buildings import building, holdings
from bench.tours import CLOCK
from playbooks.holdings import register
from playbooks.model import Holding
from strongroom.folder.holdings import read_holdings
from strongroom.folder.ledger import Ledger
from strongroom.folder.source import REGISTER_BYTES, read_source

T = TypeVar("T")


def main() -> None:
    """Run and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--xlsx", action="store_true")
    options = parser.parse_args()
    rng = random.Random(1)
    zones = building(200, rng)
    listed = holdings(options.rows, [zone.id for zone in zones.values() if zone.kind == "stack"], rng)
    found: dict[str, object] = {"bench": "register", "rows": options.rows}

    def timed(name: str, work: Callable[[], T]) -> T:
        begun = CLOCK()
        result = work()
        found[f"{name}_s"] = round(CLOCK() - begun, 2)
        return result

    def back(raw: bytes, name: str) -> list[Holding]:
        again = register.read(raw, name, None, set(zones))
        return list(again.holdings) if isinstance(again, register.Import) else []

    raw = timed("export_csv", lambda: register.export(listed))
    found["csv_mb"] = round(len(raw) / 1e6, 1)
    found["csv_exact"] = timed("import_csv", lambda: back(raw, "a.csv")) == listed
    found["defects"] = len(
        timed("defects", lambda: register.defects(listed, "2026-06-01", set(zones), set()))
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "holdings.csv").write_bytes(raw)

        def check() -> int:
            ledger = Ledger()
            source = read_source(Path(folder), "holdings.csv", ledger, REGISTER_BYTES)
            return len(read_holdings(source, Path(folder), ledger).holdings) if source else 0

        found["checked_rows"] = timed("check", check)
    if options.xlsx:
        book = timed("export_xlsx", lambda: register.export(listed, "xlsx"))
        found["xlsx_exact"] = timed("import_xlsx", lambda: back(book, "a.xlsx")) == listed
    found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
