"""Rule rehearsal of a year: 500 sensors every ten minutes through the engine's own rules, alarms and ladders.

``python -m bench.rehearse --json``; ``--quick`` for trying, in under 20 s. Making the year's file is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench.year import DAY_S, T0, building, sealed
from strongroom.datadir import READINGS_DB
from strongroom.rule_workers import rehearse_rules
from strongroom.settings import Influx


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--quick", action="store_true", help="ten days")
    parser.add_argument("--days", type=int, help="365 if not given")
    parser.add_argument("--sensors", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    days = asked.days or (10 if asked.quick else 365)
    site = building(asked.sensors, 600)
    with tempfile.TemporaryDirectory() as name:
        sealed(Path(name) / READINGS_DB, site, days)
        span = T0, T0 + days * DAY_S
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("rehearsing", total=1.0)
            before = time.process_time()  # making the year's file
            began = time.perf_counter()
            outcome = rehearse_rules(
                site,
                Path(name),
                Influx(),
                *span,
                processes=asked.processes,
                progress=lambda share: progress.update(task, completed=share),
            )
            took = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found = {
        "readings": outcome.readings,
        "seconds": round(took, 1),
        "cpu_s": round(sum(one.ru_utime + one.ru_stime for one in used) - before, 1),
        "readings_per_s": round(outcome.readings / took),
        "processes": asked.processes,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[1],
        "alarms": {one.rule: one.alarms for one in outcome.rules},
    }
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
