"""The table of a class: each verdict has a mark of its own, points stand below each other, wide letters too."""

from __future__ import annotations

from classes import right, row

from cnngrad.batch.grading.summary import summarize
from cnngrad.render import Look, render
from cnngrad.report.class_table import class_table


def test_each_verdict_has_its_mark_and_points_are_below_each_other() -> None:
    verdicts = ("right", "unclear", "rounded", "carried", "missing", "wrong", "refused")
    rows = [row(f"s{n}", {"dA": {"verdict": verdict}}, points=n / 2, of=10) for n, verdict in enumerate(verdicts)]
    rows += [row("李小龍", {"dA": right()}, points=10, of=10), row("x" * 30, {}, points=0, of=10)]
    shown = render("table", class_table(summarize(rows)), Look(80))
    assert shown == TABLE


TABLE = """\
Students
╭──────────────────────────┬────────────┬───────────╮
│ student                  │     points │ dA        │
├──────────────────────────┼────────────┼───────────┤
│ s0                       │  0.0 of 10 │ ✓ right   │
│ s1                       │  0.5 of 10 │ ~ unclear │
│ s2                       │  1.0 of 10 │ ≈ rounded │
│ s3                       │  1.5 of 10 │ → carried │
│ s4                       │  2.0 of 10 │ ○ missing │
│ s5                       │  2.5 of 10 │ ✗ wrong   │
│ s6                       │  3.0 of 10 │ ! refused │
│ 李小龍                   │ 10.0 of 10 │ ✓ right   │
│ xxxxxxxxxxxxxxxxxxxxxxxx │  0.0 of 10 │           │
│ xxxxxx                   │            │           │
╰──────────────────────────┴────────────┴───────────╯
"""
