"""Mutations: of the tree of a spec, of a text, of the bytes of a file."""

from __future__ import annotations

from typing import Any

from .draw import Draw
from .tree import Cell, Raw, Tree, at, copied, paths

HUGE = ("30", "1000", "400000", "10000000", "1000000000", "999999999999999999", "1" * 25)
VALUES: tuple[Tree, ...] = (
    "0", "-1", "-0", *HUGE, "1e308", "-1e308", "1e-320", "1e400", "nan", ".nan", ".inf", "null", "~", "", " ", "yes",
    "010", "0x1F", "1_000", "1:30", "3/0", "1/3", "²", "٣", "１", "−1", "1,5", "abc", "x*y", "w11", "a\x1b[31mb",
    "a\rb",
    "a\tb", "\u202eabc", "\u2028", "\ud7ff", "\x85", "é" * 50, "9" * 999, "9" * 4001, "x" * 1200, "((((", "2*(a+1)",
    None, True, False, 0, 1.5, -3, [], {}, [[]], [[], []], [["1", "2"], ["3"]], ["1", ["2"]], ["1", "2"], [["1"]],
    [["1", "2"], ["3", "4"]], ["x"], [None], {"file": "missing.npy"}, {"file": "../x.npy"}, {"file": "."}, {"a": "1"},
    {"op": "conv"}, {"file": "loop.npy"}, {"x": "1"}, {"x": {"y": {"z": "1"}}}, Raw("&a [1, 2]"), Raw("*a"),
    Raw("!!int 3"), Raw("!!python/object:os.system ls"), Raw("|"), Raw("[1, 2"), Raw("{a: 1"), Raw("'"), Raw("# c"),
    Raw("? a"), Raw("<<"), Raw("&a [&b [&c [1, *a]]]"), Raw('"\\u001b"'), Raw("\ufeff1"), Raw("!x"), Raw("- 1"),
    Raw("%YAML"), Raw("---"), Raw("|\n 1 2\n 3"), Raw("[" * 14 + "1" + "]" * 14), "same", "valid", "all", "any",
    "average", "HW", "NCHW", "exact", "symbolic", "float", "first", "sigmoid", "softmax", "input", "loss", "conv1",
    "reflect", "circular", "true", "mean",
)  # fmt: skip
"""What a mutation puts in the place of a value: nothing here may name a file outside the folder of the run."""
KEYS = (
    "op", "input", "kernel", "weights", "bias", "stride", "padding", "delta", "deltas", "layers", "loss", "title",
    "answers", "values", "numbers", "layout", "ties", "mode", "window", "inputs", "h0", "x", "strid", "Input", "",
    "a b", "<<", "\x1b[1m", "é", "k" * 1001, "null", "1", "gamma", "target", "factor", "from", "name", "expression",
    "groups", "ask", "choices", "axis", "alpha", "statistics", "output_shape", "kernel_size", "dout", "lr", "strides",
    "pool_size", "dx", "W", "filters", "learning_rate",
)  # fmt: skip
SYMBOLS = ("a", "b", "2*a", "a*b", "a + b", "-a", "a**2", "1/a", "0*a", "a - a")


def tree(draw: Draw, spec: Tree) -> Tree:
    """A copy of the spec with one thing changed."""
    spec = copied(spec)
    places = list(paths(spec))
    if not places:
        return spec
    top = [path for path in places if len(path) <= 2]
    path = draw.pick(top if draw.chance(0.5) else places)
    TREE[draw.weighted(TREE_WEIGHTS)](draw, at(spec, path[:-1]), path[-1], spec)
    return spec


def _replace(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    parent[key] = copied(draw.pick(VALUES))


def _nudge(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    """A value that is likely to be taken: another number, symbol or word of the spec."""
    if isinstance(parent[key], Cell):
        parent[key] = Cell(draw.pick((*SYMBOLS, "0", "0", "1e308", "1e-320", "1e200", "-1", "1/3", "0.5", "1e16")))
    else:
        parent[key] = draw.pick(("0", "1", "2", "3", "5", ["1", "2"], ["2", "1"], "-1", "true", "false", "same"))


def _drop(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    del parent[key]


def _double(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    if isinstance(parent, list):
        parent.insert(key, copied(parent[key]))
    else:
        parent[Raw(key)] = copied(parent[key])
        parent[Raw(f"{key} ")] = copied(parent[key])


def _rename(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    if isinstance(parent, dict):
        parent[draw.pick(KEYS)] = parent.pop(key)
    else:
        parent[key] = [parent[key]]


def _move(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    """Another part of the spec stands here too."""
    parent[key] = copied(at(spec, draw.pick(list(paths(spec)))))


def _add(draw: Draw, parent: Any, key: Any, spec: Tree) -> None:
    if isinstance(parent, dict):
        parent[draw.pick(KEYS)] = copied(draw.pick(VALUES))
    else:
        parent.append(copied(draw.pick(VALUES)))


TREE = {
    "replace": _replace,
    "nudge": _nudge,
    "drop": _drop,
    "double": _double,
    "rename": _rename,
    "move": _move,
    "add": _add,
}
TREE_WEIGHTS = {"replace": 4.0, "nudge": 4.0, "drop": 1.5, "double": 0.5, "rename": 1.0, "move": 1.0, "add": 1.0}
BYTES = (
    b"\x1b[31m", b"\r", b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\t", b"\n", b"[", b"]", b"{", b"}", b":", b",",
    b"-", b"#", b"'", b'"', b"|", b"&a ", b"*a", b"!", b"%", b"0", b"9", b"e", b".", b"/", b"\xe2\x80\xa8",
    b"\xc2\x85", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xfe\xff", b"\n---\n", b"\n...\n",
)  # fmt: skip


def data(draw: Draw, text: bytes) -> bytes:
    """The bytes with a few places changed."""
    for _ in range(draw.weighted({1: 4, 2: 2, 5: 1})):
        start = draw.randint(0, len(text))
        end = min(len(text), start + draw.weighted({1: 5, 3: 2, 20: 1}))
        kind = draw.weighted({"insert": 4, "delete": 3, "double": 1, "flip": 1, "cut": 0.3, "crlf": 0.3, "bom": 0.2})
        text = _changed(draw, text, start, end, kind)
    return text


def _changed(draw: Draw, text: bytes, start: int, end: int, kind: str) -> bytes:
    match kind:
        case "insert":
            return text[:start] + draw.pick(BYTES) + text[start:]
        case "delete":
            return text[:start] + text[end:]
        case "double":
            return text[:end] + text[start:]
        case "flip":
            return text[:start] + bytes([draw.randrange(256)]) + text[start + 1 :]
        case "cut":
            return text[:start]
        case "crlf":
            return text.replace(b"\n", b"\r\n")
        case _:
            return draw.pick((b"\xef\xbb\xbf", b"\xff\xfe")) + text


def words(draw: Draw, text: str) -> str:
    """A text of the command line with a few places changed; it has no null and no lone surrogate."""
    changed = data(draw, text.encode()).decode("utf-8", "replace").replace("\0", "")
    return changed.replace("..", ".").lstrip("/")
