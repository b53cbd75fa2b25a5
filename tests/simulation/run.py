"""Live many lives: ``python -m tests.simulation.run --days 100000``. Ends with 1 where an invariant did not hold."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from os import cpu_count
from pathlib import Path

from tests.simulation.life import Life, Lived

YEAR = 365.0
MEMORY = Path("/dev/shm")


def live(seed: int, days: float) -> Lived:
    """One life in a directory of its own."""
    base = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=base, prefix="strongroom-life-") as data:
        return Life(seed, days, Path(data)).live()


def replay_of(lived: Lived) -> str:
    """The command that lives this life again."""
    return f"python -m tests.simulation.run --seed {lived.seed} --days {lived.days:g} --lives 1"


def plan(seed: int, days: float, lives: int, each: float) -> Iterator[tuple[int, float]]:
    """Seeds and lengths that add up to ``days``; one in fifty lives lasts up to a year."""
    if lives:
        yield from ((seed + n, days / lives) for n in range(lives))
        return
    while days > 0:
        length = min(days, YEAR if seed % 50 == 49 else each)
        yield seed, length
        days -= length
        seed += 1


def main() -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--days", type=float, default=1000.0, help="building-days in all")
    ask.add_argument("--seed", type=int, default=1, help="the first seed")
    ask.add_argument("--lives", type=int, default=0, help="as many lives of equal length instead of months")
    ask.add_argument("--each", type=float, default=30.0, help="days a life lasts")
    ask.add_argument("--jobs", type=int, default=cpu_count() or 1)
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    began, lived_days, failed, events, alarms, kills = time.monotonic(), 0.0, [], 0, 0, 0
    lives = list(plan(asked.seed, asked.days, asked.lives, asked.each))
    with ProcessPoolExecutor(max_workers=asked.jobs) as pool:
        for done in as_completed([pool.submit(live, seed, days) for seed, days in lives]):
            lived = done.result()
            lived_days += lived.at_day if lived.broken else lived.days
            events, alarms, kills = events + lived.events, alarms + lived.alarms, kills + lived.kills
            if lived.broken:
                failed.append(lived)
                print(
                    f"seed {lived.seed}, day {lived.at_day}: {lived.broken}\n  again: {replay_of(lived)}",
                    flush=True,
                )
            elif not asked.json:
                took = time.monotonic() - began
                pace = f"{lived_days / took:.1f} days a second"
                print(
                    f"{lived_days:10.0f} of {asked.days:g} days, {pace}, {alarms} alarms, {kills} deaths,"
                    f" {len(failed)} broken   ",
                    end="\r",
                    flush=True,
                )
    took = time.monotonic() - began
    said = {
        "days": round(lived_days, 1),
        "lives": len(lives),
        "seconds": round(took, 1),
        "days_per_s": round(lived_days / took, 2),
        "journal_entries": events,
        "alarms": alarms,
        "deaths": kills,
        "broken": [lived.seed for lived in failed],
    }
    print(json.dumps(said) if asked.json else f"\n{said}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
