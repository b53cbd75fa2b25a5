"""Reasons people read say roles in words of their language."""

from __future__ import annotations

from alerts.model import Rung
from alerts.phrases import told_because


def test_a_usual_role_is_named_in_both_languages() -> None:
    said = told_because(Rung(role="security-head"), 1, 0)
    assert said.zh == "阶梯第 2 级：保卫负责人。"
    assert said.en == "Step 2 of the ladder: head of security."


def test_a_role_of_the_buildings_own_keeps_its_name() -> None:
    said = told_because(Rung(role="夜间司机"), 0, 0)
    assert said.zh == "阶梯第 1 级：夜间司机。"
