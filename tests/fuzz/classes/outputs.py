"""What must hold of the sheets, pages and files that are made of a class."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from .rows import Found

_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?(?:/[0-9]+)?")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?")


def sheet(text: str, count: int) -> Found:
    """A table with a row for each item, which no spreadsheet takes for formulas."""
    table = _table(text)
    if len(table) != count + 1 or len({len(row) for row in table}) != 1:
        yield (
            "sheet without a row for each item",
            f"{len(table)} rows of {sorted({len(row) for row in table})}: {text[:300]!r}",
        )
    for cell in (cell for row in table for cell in row):
        if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) and not _NUMBER.fullmatch(cell):
            yield "sheet with a formula", repr(cell[:200])
        if any(ord(c) < 32 and c not in "\t\r\n" for c in cell):
            yield "sheet with a control character", repr(cell[:200])


def _table(text: str) -> list[list[str]]:
    """All cells, however long: a formula may have a million characters."""
    limit = csv.field_size_limit(10**9)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    finally:
        csv.field_size_limit(limit)


class _Tags(HTMLParser):
    """Collects what markup of names became."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.taken: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if "pwn" in tag or any("pwn" in name for name in names):
            self.taken.append(tag)
        self.loads += [f"{tag} {name}" for name, value in attrs if name in ("src", "href") and not _inner(value)]
        if tag not in ("meta", "br", "hr", "input", "link", "col", "img", "path", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def _inner(place: str | None) -> bool:
    return (place or "").startswith(("#", "data:"))


def page(text: str, what: str) -> Found:
    """A whole page of HTML, with names as text."""
    tags = _Tags()
    tags.feed(text)
    tags.close()
    if tags.taken or tags.loads:
        yield f"{what} with markup from a name", f"{tags.taken} {tags.loads}"
    if tags.open or "</html>" not in text[-40:]:
        yield f"{what} that is not closed", f"{tags.open} {text[-100:]!r}"
    yield from letters(text, what)


def letters(text: str, what: str) -> Found:
    """No character that is not seen."""
    bad = {c for c in text if not c.isprintable() and c not in "\n\t" and unicodedata.category(c) != "Zs"}
    if bad:
        first = min(map(text.find, bad))
        yield f"unprintable {sorted(map(ascii, bad))[:3]} in {what}", repr(text[max(0, first - 80) :][:200])


def folder(path: str, ending: str, count: int) -> Found:
    """A file for each item, with names that every system has."""
    names = os.listdir(path)
    if len(names) != count or len({name.casefold() for name in names}) != count:
        yield f"folder without a {ending} for each item", f"{len(names)} for {count}: {sorted(names)[:20]}"
    for name in names:
        whole = name.endswith(ending) and name.isprintable() and len(name.encode()) < 256 and not name.startswith(".")
        if not whole or _RESERVED.fullmatch(name) or re.search(r'[\\/:*?"<>|]', name) or not Path(path, name).is_file():
            yield f"name of a {ending} that is no name everywhere", repr(name)


def gradescope(text: str, count: int) -> Found:
    """An array with an object for each item."""
    found = json.loads(text)
    if len(found) != count or not all("tests" in each and each.get("score", 0) >= 0 for each in found):
        yield "gradescope without an object for each item", text[:300]


def junit(text: str, count: int) -> Found:
    """A suite for each item."""
    suites = ElementTree.fromstring(text).findall("testsuite")
    if len(suites) != count:
        yield "junit without a suite for each item", f"{len(suites)} for {count}: {text[:300]}"
