"""Sheets of answers and rosters, as forms, registrars and spreadsheets export them, and as nobody should."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Literal

import numpy as np

from .. import answers, spoil
from ..draw import Draw
from .contents import Exercise
from .names import student

KEYS = (
    "id", "student", "Student ID", "Matrikel", "E-Mail", "email_address", "Name", "SIS User ID", "Login", "ID number",
)  # fmt: skip
EXTRA = (
    "Timestamp",
    "Score",
    "Nachname",
    "Vorname",
    "Full name",
    "Group",
    "",
    "Question 1",
    "=1+1",
    "<pwn onpwn=1>",
    "x",
)
FORMULAS = ("=1+1", "+1", "-1", "@a", "'=1", '=HYPERLINK("http://x")', "\t=1", "'1", "#REF!", "1e999", "NaN", "1,5")
ENDS = {"\r\n": 4.0, "\n": 4.0, "\r": 0.7}
HARD = ("terms", "value", "updates")
"""Results that have other names as answers."""
FORMS = ("{}", "{}", "{}", "Question 2: {}", "{} =", "{} (2x2)", "b) {}", "Q3 [{}]", "`{}`", " {} ")


def sheet(draw: Draw, work: Exercise) -> tuple[bytes, bool]:
    """Answers of a class, and whether every row of it is sure to be read."""
    found = {_heading(name): array for name, array in answers.quantities(work.results) if name[0] not in HARD}
    names = list(found)
    draw.shuffle(names)
    asked = names[: draw.randint(1, len(names))] if names else []
    headings = [draw.pick(KEYS), *(draw.pick(FORMS).format(name) for name in asked)]
    rows = [[student(draw), *(_cell(draw, found[name]) for name in asked)] for _ in range(draw.pick((1, 2, 4, 8)))]
    while draw.chance(0.3):
        for number, row in enumerate((headings, *rows)):
            row.append(draw.pick(EXTRA) if number == 0 else draw.pick(FORMULAS))
    whole = bool(asked) and not _broken(draw, headings, rows)
    return _encoded(draw, [headings, *rows], whole)


def _heading(name: tuple[str, ...]) -> str:
    return f"d{name[-1]}" if name[0] == "gradients" else ".".join(name)


def roster(draw: Draw) -> tuple[bytes, bool]:
    """Students of a class, and whether every row is sure to be one."""
    headings = [draw.pick(KEYS), *(draw.pick(EXTRA) for _ in range(draw.randrange(3)))]
    rows = [[student(draw), *(draw.pick(FORMULAS) for _ in headings[1:])] for _ in range(draw.pick((0, 1, 2, 3)))]
    return _encoded(draw, [headings, *rows], not _broken(draw, headings, rows))


def _cell(draw: Draw, array: object) -> str:
    match draw.weighted({"answer": 5, "pasted": 2, "blank": 1, "formula": 0.5, "lines": 1}):
        case "answer":
            tree = answers.answer(draw, array, draw.weighted(answers.TEXTS))
            return str(tree).replace("'", "")
        case "pasted":
            return str(answers.pasted(draw, array))
        case "lines":
            return "\n".join("\t".join(map(str, row)) for row in np.atleast_2d(np.asarray(array)))
        case "blank":
            return draw.pick(("", " ", "?", "-", "\n"))
        case _:
            return draw.pick(FORMULAS)


def _broken(draw: Draw, headings: list[str], rows: list[list[str]]) -> bool:
    """Spoil the headings and the widths of rows, now and then."""
    kind = draw.weighted({"": 7, "missing": 1, "double": 1, "ragged": 1, "wide": 0.1, "none": 0.3, "long": 0.05})
    if kind == "missing":
        del headings[draw.randrange(len(headings))]
    elif kind == "double":
        headings.append(draw.pick(headings))
    elif kind == "ragged":
        for row in rows:
            del row[draw.randint(0, len(row)) :]
            row += [draw.pick(("", "1", "x"))] * draw.randrange(4)
    elif kind == "wide":
        headings += [f"c{n}" for n in range(10_000)]
    elif kind == "long":
        for row in rows:
            row[-1:] = ["1 " * 70_000]
    elif kind == "none":
        headings.clear()
    return bool(kind)


def _encoded(draw: Draw, table: Sequence[Sequence[str]], whole: bool) -> tuple[bytes, bool]:
    delimiter = draw.pick((",", ",", ";", "\t"))
    stream = io.StringIO(newline="")
    quoting: Literal[0, 1] = draw.pick((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=draw.weighted(ENDS), quoting=quoting)
    for row in table:
        writer.writerow(row)
        if draw.chance(0.05):
            writer.writerow([])
        if draw.chance(0.02):
            writer.writerow(["Points Possible", *["1"] * (len(row) - 1)])
    text = stream.getvalue()
    if draw.chance(0.1):
        text = f"sep={delimiter}\r\n{text}"
    coding = draw.weighted({"utf-8": 8, "utf-8-sig": 2, "utf-16": 0.5, "latin-1": 0.3})
    data = text.encode(coding, "surrogateescape" if coding == "utf-8" else "replace")
    if draw.chance(0.25):
        return _spoilt(draw, data), False
    return data, whole and coding.startswith("utf-8") and all(ord(c) < 0xD800 or ord(c) > 0xDFFF for c in text)


def _spoilt(draw: Draw, data: bytes) -> bytes:
    place = draw.randrange(len(data) + 1)
    match draw.pick(("quote", "nul", "bytes", "cut", "cr")):
        case "quote":
            return data[:place] + b'"' + data[place:]
        case "nul":
            return data[:place] + b"\0" + data[place:]
        case "cut":
            return data[:place]
        case "cr":
            return data.replace(b"\n", b"\r")
        case _:
            return spoil.data(draw, data)
