"""What every row of a class and of `batch` must be, whatever was handed in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

POINTS = {"right": 1.0, "carried": 1.0, "rounded": 0.5, "unclear": 0.5, "wrong": 0.0, "refused": 0.0, "missing": 0.0}
ORDER = ("right", "unclear", "rounded", "carried", "missing", "wrong", "refused")
Found = Iterator[tuple[str, str]]
_LONE = re.compile("[\ud800-\udfff]")


def read(text: str) -> list[dict[str, Any]]:
    """The rows of JSON Lines; ValueError where one is none."""
    if text and not text.endswith("\n"):
        raise ValueError("the last line has no end")
    found = [json.loads(line, parse_constant=_no_number) for line in text.split("\n")[:-1]]
    if not all(isinstance(row, dict) for row in found):
        raise ValueError("a line is no object")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} in JSON")


def judge(row: dict[str, Any]) -> Found:
    """What is wrong with a row of `grade`."""
    shown = json.dumps(row)[:600]
    if row.get("format") != 1 or not isinstance(row.get("student"), str) or "source" not in row:
        yield "row without its head", shown
        return
    if _LONE.search(json.dumps(row, ensure_ascii=False)):
        yield "row with half of a character", shown
    if row["verdict"] not in POINTS or not 0 <= row["points"] <= row["of"]:
        yield "row with a verdict or points that are none", shown
    if "error" in row:
        yield from _error(row, shown)
    yield from _answers(row, shown)


def _error(row: dict[str, Any], shown: str) -> Found:
    if row["points"] != 0 or row["verdict"] not in ("refused", "missing"):
        yield "row with an error and points", shown
    yield from said(row["error"], shown)


def said(error: Any, shown: str) -> Found:
    """What is wrong with what a row says of its error."""
    if set(error) != {"message", "line", "column", "key"} or not error["message"]:
        yield "row with an error that is none", shown
        return
    if "bug in cnngrad" in error["message"] or "Error:" in error["message"]:
        yield f"row with a bug {re.sub('[^A-Za-z: ]', '', error['message'])[:80]}", shown
    if any(not c.isprintable() for c in error["message"] + (error["key"] or "")):
        yield "row with an unprintable error", shown


def _answers(row: dict[str, Any], shown: str) -> Found:
    answers = row["answers"]
    if any(answer["verdict"] not in POINTS for answer in answers.values()):
        yield "row with a verdict that is none", shown
        return
    asked = [answer["verdict"] for answer in answers.values() if answer.get("asked") is not False]
    if "error" not in row and (row["of"] != len(asked) or row["points"] != sum(POINTS[each] for each in asked)):
        yield "row with points that do not add up", shown
    if row["verdict"] == "right" and {*asked} - {"right"}:
        yield "row that is right with an answer that is not", shown
    if "error" not in row and asked and ORDER.index(row["verdict"]) < max(map(ORDER.index, asked)):
        yield "row better than its worst answer", shown
    for answer in answers.values():
        if not 0 <= answer.get("cells_right", 0) <= answer.get("cells", 0):
            yield "answer with more right cells than cells", shown
