"""Names of students and of the files that they hand in, most of them harmless."""

from __future__ import annotations

from ..draw import Draw

PLAIN = ("ann", "bob", "cy", "dora", "s12345", "10", "9", "Ann Doe", "müller", "o'brien", "Ann", "ANN")
NASTY = (
    "new\nline", "tab\tbed", "cr\rlf", "\u202eevil", 'q"uote', "=1+1", "+1", "-1", "@sum", "=cmd|' /C calc'!A0", "-",
    "\udcff\udcfe", "a\udc80b", "x" * 240, "é" * 120, "con", "NUL", "aux", "com1", "<pwn onpwn=1>", "</script><pwn>",
    "'><pwn>", "&amp;", "a,b", "a;b", "%s%d", "{0}", "$HOME", "`id`", "~", "#", "e\u0301", "\u00e9", "\ufb01", "İ", "ß",
    "SS", "\x1b[31mred", "\x7f", "\x01", " lead", "trail ", "dot.", "...", ".hidden", "Thumbs", "__MACOSX", "--help",
    "\u2028", "\ufeff", "\U0001f600", "\uff11\uff12", "[bold]x[/bold]", "a:3:4", "_", "C:", "a\\b", "results", "1e5",
    "unnamed", "-2", "ann-2", "\u0130nn", "\t=1", "1/2", "-1/2", "\x85", "a\u200bb", "nan", "None", "points possible",
    "CON.txt", "example:ties", "0x10", "]]>", "{{ 1 }}", "{% raw %}", "\u0661", "\ud7ff", "\ufffe", "\ufdd0",
)  # fmt: skip
"""What no program should stumble over; `pwn` is markup that no page may have taken over."""
ENDINGS = {
    ".yaml": 6.0, ".yml": 1.0, ".json": 1.0, ".txt": 2.0, "": 1.0, ".YAML": 0.5, ".pdf": 0.5, ".npy": 0.5, ".npz": 0.5,
    ".html": 0.7, ".csv": 0.5, ".md": 0.5, ".docx": 0.2, ".zip": 0.2, ".db": 0.2, ".key.yaml": 0.2, ".jsonl": 0.2,
}  # fmt: skip


def student(draw: Draw, nasty: float = 0.35) -> str:
    """What a student is called."""
    if not draw.chance(nasty):
        return draw.pick(PLAIN)
    name = draw.pick(NASTY)
    return name + draw.pick(PLAIN) if draw.chance(0.15) else name


def _canvas(draw: Draw) -> str:
    late = draw.pick(("", "", "LATE_", "late_"))
    return f"{student(draw)}_{late}{_number(draw)}_{_number(draw)}_{draw.pick(('hw', 'text', 'a_b', ''))}"


def _question(draw: Draw) -> str:
    return f"{student(draw)}_{_number(draw)}_question_{_number(draw)}_{_number(draw)}_x"


def _moodle(draw: Draw) -> str:
    kind = draw.pick(("file", "file_", "onlinetext", "fil", "file_hw3"))
    return f"{student(draw)}_{_number(draw)}_assignsubmission_{kind}"


def _number(draw: Draw) -> str:
    return draw.pick(("1", "12345", "9" * 30, "", "-1", "\u0663", "0", "007", "12 3", str(draw.randrange(10**6))))


PLATFORMS = (_canvas, _canvas, _moodle, _moodle, _question)


def file_of(draw: Draw) -> str:
    """The path of a file in a folder of submissions."""
    name = draw.pick(PLATFORMS)(draw) if draw.chance(0.2) else student(draw)
    ending = draw.weighted(ENDINGS)
    if draw.chance(0.25):
        inner = draw.pick(("hw3", "dW", "answers", student(draw)))
        name = "/".join([name, *(student(draw) for _ in range(draw.weighted({0: 6, 1: 2, 5: 0.5}))), inner])
    return name + ending
