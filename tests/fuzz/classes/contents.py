"""Exercises, and what is in the files that students hand in."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import answers, spoil
from ..draw import Draw
from ..dress import Files, dressed
from ..plan import solved
from ..specs import WEIGHTS, spec_of
from ..tree import STYLES, Tree, written

TRIES = 5
OPS = WEIGHTS | {"network": 0.5}
"""How often an op is drawn; a network takes long, and it is checked for each file."""
SIMPLE: Mapping[str, Tree] = {"op": "conv", "input": [["1", "2"], ["3", "4"]], "kernel": [["1", "2"]], "delta": "1"}
MARKED = "<pwn onpwn=1>"


@dataclass(frozen=True)
class Exercise:
    """A spec that can be solved, and its results."""

    spec: Mapping[str, Tree]
    results: Mapping[str, Any]

    def text(self, draw: Draw, files: Files) -> bytes:
        """The spec as a file; `files` gets the arrays that stand beside it."""
        tree = dressed(draw, dict(self.spec), files, draw.pick((0.0, 0.0, 0.3)))
        return written(tree, draw.pick(list(STYLES))).encode("utf-8", "surrogatepass")

    def key(self) -> bytes:
        """The answers, as they are right."""
        return written(answers.right(self.results), "lines").encode()


def exercise(draw: Draw, op: str = "") -> Exercise:
    """An exercise of any op, or of this one."""
    for _ in range(TRIES):
        spec = dict(spec_of(draw, op or draw.weighted(OPS)).made)
        if spec.get("numbers") == "symbolic" and draw.chance(0.8):  # a formula takes long, and there are many files
            continue
        if (results := solved(spec)) is not None:
            if draw.chance(0.4):
                spec["ask"] = answers.asked(draw, results)
            if draw.chance(0.05):
                spec["title"] = MARKED
            if draw.chance(0.08):
                spec["choices"] = answers.choices(draw, {}, results)
            if solved(spec) is not None:
                return Exercise(spec, results)
    return Exercise(SIMPLE, solved(SIMPLE) or {})


def content(draw: Draw, work: Exercise) -> bytes:
    """What one file holds."""
    return KINDS[draw.weighted(WEIGHT)](draw, work)


def answers_text(draw: Draw, work: Exercise) -> bytes:
    """Answers as people write them, some right and some wrong."""
    tree = answers.answers(draw, work.results)
    return written(tree, draw.pick(list(STYLES))).encode("utf-8", "surrogatepass")


def _right(draw: Draw, work: Exercise) -> bytes:
    return work.key()


def _spoilt(draw: Draw, work: Exercise) -> bytes:
    return spoil.data(draw, answers_text(draw, work))


def _changed(draw: Draw, work: Exercise) -> bytes:
    tree = spoil.tree(draw, answers.answers(draw, work.results))
    return written(tree, draw.pick(list(STYLES))).encode("utf-8", "surrogatepass")


def _blank(draw: Draw, work: Exercise) -> bytes:
    tree = {name: draw.pick(answers.BLANKS) for name in answers.right(work.results)}
    return draw.pick((b"", b" ", b"\n\n", b"{}", b"[]", b"null", b"~", b"---\n", b"# nothing", _encoded(tree)))


def _encoded(tree: Tree) -> bytes:
    return written(tree, "lines").encode("utf-8", "surrogatepass")


def _junk(draw: Draw, work: Exercise) -> bytes:
    return draw.randbytes(draw.pick((1, 10, 300, 5000)))


def _cut(draw: Draw, work: Exercise) -> bytes:
    text = answers_text(draw, work)
    return text[: draw.randrange(len(text) + 1)]


def _numpy(draw: Draw, work: Exercise) -> bytes:
    stream = io.BytesIO()
    found = {name[-1]: array for name, array in answers.quantities(work.results)}
    try:
        arrays: dict[str, Any] = {name: np.asarray(array, dtype=float) for name, array in found.items()}
        if draw.chance(0.5):
            np.savez(stream, **arrays)
        else:
            np.save(stream, draw.pick([*arrays.values()] or [np.zeros(1)]))
    except (TypeError, ValueError, OverflowError):  # symbols, arrays with holes
        np.save(stream, np.full((2, 2), np.nan))
    data = stream.getvalue()
    return spoil.data(draw, data) if draw.chance(0.3) else data


def _pdf(draw: Draw, work: Exercise) -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Length 5 >>\nstream\n" + draw.randbytes(200) + b"\nendstream\n"


def _paste(draw: Draw, work: Exercise) -> bytes:
    named = [(name[-1], array) for name, array in answers.quantities(work.results)]
    text = "\n".join(f"{name} = {answers.pasted(draw, array)}" for name, array in named)
    return text.encode("utf-8", "surrogatepass")


def _program(draw: Draw, work: Exercise) -> bytes:
    return answers.program(draw, answers.answers(draw, work.results)).encode("utf-8", "surrogatepass")


def _huge(draw: Draw, work: Exercise) -> bytes:
    number = draw.pick(
        ("1e308", "9" * 990, "-1e400", "1e-400", "9" * 5000, "1e999999999", "1/" + "9" * 900, "0." + "3" * 950)
    )
    return _encoded({name: _filled(tree, number) for name, tree in answers.right(work.results).items()})


def _filled(tree: Tree, number: str) -> Tree:
    if isinstance(tree, dict):
        return {name: _filled(value, number) for name, value in tree.items()}
    return [_filled(value, number) for value in tree] if isinstance(tree, list) else number


def _deep(draw: Draw, work: Exercise) -> bytes:
    depth = draw.pick((11, 13, 100, 5000))
    opened, closed = draw.pick((("[", "]"), ("{a: ", "}"), ("(", ")"), ("- ", ""), ("- - \n", "")))
    return f"dW: {opened * depth}1{closed * depth}\n".encode()


def _anchors(draw: Draw, work: Exercise) -> bytes:
    bomb = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9))
    return draw.pick((b"dW: &a [1, *a]\n", b"a: &a [1, 2]\n" + bomb.encode(), b"<<: *x\n", b"dW: &a 1\ndA: *a\n"))


def _control(draw: Draw, work: Exercise) -> bytes:
    text = draw.pick(
        ("\x1b]0;pwn\x07: 1\n", "dW\x00: 1\n", f"'{MARKED}': [1, 2]\n", "\u202edW: 1\n", f"dW: {MARKED}\n")
    )
    return text.encode() + answers_text(draw, work) * draw.chance(0.5)


def _lines(draw: Draw, work: Exercise) -> bytes:
    return answers_text(draw, work).replace(b"\n", draw.pick((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"\xc2\x85")))


def _wide(draw: Draw, work: Exercise) -> bytes:
    text = answers_text(draw, work).decode("utf-8", "replace")
    return text.encode(draw.pick(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp500")), "replace")


def _page(draw: Draw, work: Exercise) -> bytes:
    text = answers_text(draw, work).replace(b"\n", b"<br>\n")
    return b"<html><body><p>" + text + draw.pick((b"</p></body></html>", b"<!--", b"<pwn", b"&#x110000;&#0;&amp"))


def _many(draw: Draw, work: Exercise) -> bytes:
    return b"".join(b"q%d: %d\n" % (n, n) for n in range(draw.pick((50, 999, 1001))))


def _alien(draw: Draw, work: Exercise) -> bytes:
    """Something from elsewhere: an exercise with its answers, a result, a sheet, a list."""
    whole = {**work.spec, "answers": answers.right(work.results)}
    return draw.pick(
        (_encoded(whole), b'{"format": 1, "error": {}}\n', b"id,dW\nann,1\n", b"- dW: 1\n- dA: 2\n", b"42\n")
    )


FILES = (
    "pipe.npy",
    "out.npy",
    "ann.npy",
    "../hw.yaml",
    "/etc/hostname",
    "ann.yaml",
    ".",
    "loop.csv",
    "a\\0b",
    "x" * 300,
)
"""What an answer names: a pipe, a link out of the folder, arrays of others."""


def _files(draw: Draw, work: Exercise) -> bytes:
    named = {name: {"file": draw.pick(FILES)} for name in answers.right(work.results)}
    return _encoded(named)


KINDS: Mapping[str, Callable[[Draw, Exercise], bytes]] = {
    "right": _right, "answers": answers_text, "spoilt": _spoilt, "changed": _changed, "blank": _blank, "junk": _junk,
    "cut": _cut, "numpy": _numpy, "pdf": _pdf, "paste": _paste, "program": _program, "huge": _huge, "deep": _deep,
    "anchors": _anchors, "control": _control, "lines": _lines, "wide": _wide, "page": _page, "many": _many,
    "alien": _alien, "files": _files,
}  # fmt: skip
WEIGHT = dict.fromkeys(KINDS, 1.0) | {"right": 6.0, "answers": 8.0, "changed": 2.0, "many": 0.3, "deep": 0.6}
