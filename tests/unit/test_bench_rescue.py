"""The planner's benchmarks measure what they say: tours recounted, bad files named, plans against list and bound."""

from __future__ import annotations

import math
import random
import sys
import tarfile
import types
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from bench import orienteering, rescue, rescue_peer, robust
from bench.buildings import case
from bench.orienteering import read_instance, run_top
from bench.rescue import measure
from bench.tours import Instance, Tours
from playbooks.rescue.planner import posed

LINE = "n 5\nm 1\ntmax {tmax}\n0 0 0\n1 0 10\n2 0 20\n2 3 100\n4 0 0\n"


def test_small_tours_are_solved_and_recounted(tmp_path: Path) -> None:
    (tmp_path / "p1.1.a.txt").write_text(LINE.format(tmax=4.5))
    (tmp_path / "p1.1.b.txt").write_text(LINE.format(tmax=8.0))
    (tmp_path / "p1.1.c.txt").write_text(LINE.format(tmax=3.0))
    (tmp_path / "best_known.csv").write_text(
        "instance,best_2007,best_newer\np1.1.a.txt,30,\np1.1.b.txt,110,110\n"
    )
    found = run_top(tmp_path, 0.1)
    rows = {row["instance"]: row for row in found["instances"]}  # type: ignore[attr-defined]
    assert rows["p1.1.a.txt"]["value"] == 30.0
    assert rows["p1.1.b.txt"]["value"] >= 110.0
    assert rows["p1.1.c.txt"]["value"] == 0.0  # the end itself is out of reach
    assert rows["p1.1.a.txt"]["gap_pct"] == 0.0
    assert "gap_pct" not in rows["p1.1.c.txt"]


def test_instances_are_found_in_archives_and_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p1.1.a.txt").write_text(LINE.format(tmax=4.5))
    with tarfile.open(tmp_path / "set1.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "p1.1.a.txt", "set1/p1.1.a.txt")
    (tmp_path / "p1.1.a.txt").unlink()
    (tmp_path / "best_known.csv").write_text("instance,best_2007,best_newer\np1.1.a.txt,30,\n")
    assert run_top(tmp_path, 0.05)["mean_gap_pct"] == 0.0
    (tmp_path / "set1.tar.gz").unlink()
    with pytest.raises(FileNotFoundError, match="holds no instance"):
        run_top(tmp_path, 0.05)


def test_a_file_that_is_no_instance_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n")
    (tmp_path / "short.txt").write_text("n 9\nm 1\ntmax 4\n0 0 0\n")
    rows = run_top(tmp_path, 0.01)["instances"]
    assert all("error" in row for row in rows)  # type: ignore[attr-defined]


def test_a_tour_that_cheats_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text(LINE.format(tmax=4.5))
    instance = read_instance(path)
    with pytest.raises(ValueError, match="longer"):
        orienteering.check(instance, [[0, 3, 4]])
    with pytest.raises(ValueError, match="twice"):
        orienteering.check(instance, [[0, 1, 1, 4]])


@pytest.mark.parametrize("teams", [1, 2, 5])
@pytest.mark.parametrize("shape", ["uniform", "clusters", "line", "one place"])
def test_every_move_leaves_tours_that_can_be_walked(
    shape: str, teams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orienteering, "STUCK", 5)  # crosses, new beginnings and recombining come often
    draw = random.Random(f"{shape}-{teams}")
    middles = [(draw.uniform(0, 50), draw.uniform(0, 50)) for _ in range(4)]

    def place() -> tuple[float, float]:
        if shape == "uniform":
            return draw.uniform(0, 50), draw.uniform(0, 50)
        x, y = (
            draw.choice(middles)
            if shape == "clusters"
            else (draw.uniform(0, 50) if shape == "line" else 3.0, 0.0)
        )
        return (x + draw.gauss(0, 2), y + draw.gauss(0, 2)) if shape == "clusters" else (x, y)

    points = [place() for _ in range(45)]
    apart = np.array([[math.dist(one, other) for other in points] for one in points])
    score = np.array([0.0, *(float(draw.randint(0, 9)) for _ in range(43)), 0.0])
    instance = Instance("made", teams, apart[0, -1] + 40.0, score, apart)
    value, routes = orienteering.solve(instance, 0.1, seed=teams)
    assert orienteering.check(instance, routes) == pytest.approx(value)
    first = Tours(instance)
    first.rebuild(1.0, 0.0)
    assert value >= first.value()


def test_the_planner_beats_the_list_and_stays_under_its_bound() -> None:
    row = measure(200, "water", 7, [0.05], 0.0, {})
    at = row["at"][0]  # type: ignore[index]
    assert at["over_printed_list"] > 1.0
    assert at["bound_over_plan"] >= 1.0
    assert row["first_plan_ms"] > 0  # type: ignore[operator]


def test_uncertain_times_make_the_nominal_plan_late_and_the_robust_one_hardly() -> None:
    request = case(1000, "fire", 1).request
    told: dict[str, tuple[float, float]] = {}
    for name, stretch, margin in robust.PLANS:
        search = robust.timelines(replace(request, stretch=stretch, margin_min=margin))
        draw = random.Random(1)
        runs = [robust.one_run(search, draw, 0.25, margin) for _ in range(40)]
        told[name] = sum(value for value, _ in runs) / 40, sum(late for _, late in runs) / 40
    assert told["robust"][1] <= told["margin"][1] + 0.1
    assert told["robust"][1] < told["nominal"][1] / 2
    assert told["robust"][0] > 0.85 * told["nominal"][0]


def test_the_peer_says_what_it_needs_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    monkeypatch.setattr(sys, "argv", ["rescue_peer"])
    with pytest.raises(SystemExit):
        rescue_peer.main()
    assert "pip install pyvrp" in capsys.readouterr().err


def test_a_peers_answer_is_walked_by_our_own_rules() -> None:
    """A stand-in for the solver sends one crew twice for the same thing, and far more than it can do."""

    class Peer:
        """Takes whatever it is given."""

        def __getattr__(self, name: str) -> object:
            return lambda *args, **facts: types.SimpleNamespace(args=args, **facts)

    request = case(200, "water", 1).request
    model = rescue_peer.Model(posed(request, request.stakes), Peer())
    stops = [
        types.SimpleNamespace(trip=number // 3, idx=number, is_client=lambda: True)
        for number in range(len(model.options))
    ]
    route = types.SimpleNamespace(vehicle_type=lambda: 0, schedule=lambda: stops)
    search = model.walked(types.SimpleNamespace(routes=lambda: [route]), 0)
    taken = [option.holding for leg in search.lines[0] for option in leg.options]
    assert taken
    assert len(taken) == len(set(taken))
    assert search.free_at(0) <= request.budget_min


def test_better_plans_are_kept_and_worse_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescue, "BEST", tmp_path / "best.json")
    assert rescue.kept() == {}
    rescue.keep({"a": rescue.Best(2.0, "one"), "b": rescue.Best(1.0, "one")})
    rescue.keep({"a": rescue.Best(1.0, "other"), "b": rescue.Best(3.0, "other")})
    assert {name: one.found for name, one in rescue.kept().items()} == {"a": "one", "b": "other"}


def test_rooms_with_limits_are_the_same_building_with_less_room() -> None:
    free, tight = case(200, "water", 1).request, case(200, "water", 1, limits=True).request
    assert free.stakes == tight.stakes
    assert {zone.people_limit for zone in free.zones.values()} == {0}
    assert {zone.people_limit for zone in tight.zones.values()} == {0, 2, 4, 6}
