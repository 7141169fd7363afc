"""Answers of students, right and wrong, and names of cells: both from the program's own results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from .draw import Draw
from .spoil import KEYS, SYMBOLS, VALUES
from .tree import Block, Cell, Raw, Tree, copied

BLANKS = ("", "?", "-", "null", "nan", "x", "...", "1/0", "0.50", "1e0", "-0", "3/7", ".5", "2*a")
SPOILS = {
    "right": 8.0, "cell": 2.0, "roll": 1.0, "transpose": 1.0, "negate": 1.0, "flip": 1.0, "scale": 0.7, "ones": 0.5,
    "ravel": 0.5, "crop": 0.7, "pad": 0.5, "blank": 0.7, "value": 0.7, "zero": 0.5, "mean": 0.5,
    "empty": 0.2, "deeper": 0.2, "batched": 0.2, "coordinates": 0.2,
}  # fmt: skip
TEXTS = {"repr": 3.0, "1": 1.0, "2": 2.0, "4": 3.0, "0": 0.7, "fraction": 0.7, "exponent": 0.5, "long": 0.3}


def quantities(results: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every array among the results, with its name: (layer, quantity), or (quantity,)."""
    for key, value in results.items():
        if key == "layers":
            for layer in value:
                yield from (((layer["name"], *name), array) for name, array in quantities(layer["results"]))
        elif isinstance(value, dict):
            yield from (((key, name), array) for name, array in value.items() if not isinstance(array, dict))
        elif not isinstance(value, list):
            yield (key,), value


def answers(draw: Draw, results: Mapping[str, Any]) -> Tree:
    """A mapping of answers to some of the quantities."""
    found: dict[str, Tree] = {}
    style = draw.weighted(TEXTS)
    named = [(name, array) for name, array in quantities(results) if name[0] != "terms"]
    share = draw.pick((0.3, 0.7, 1.0))
    sure = draw.randrange(len(named) or 1)
    for number, (name, array) in enumerate(named):
        if number == sure or draw.chance(share):
            place = found.setdefault(name[0], {}) if len(name) > 1 else found
            place[name[-1]] = answer(draw, array, style)
    if draw.chance(0.08):
        found[draw.pick(KEYS)] = copied(draw.pick(VALUES))
    return found


def right(results: Mapping[str, Any]) -> Tree:
    """The answers as the program has them."""
    found: dict[str, Tree] = {}
    for name, array in quantities(results):
        if name[0] not in ("terms", "value"):
            place = found.setdefault(name[0], {}) if len(name) > 1 else found
            place[name[-1]] = _texts(np.asarray(array), "repr")
    return found


def asked(draw: Draw, results: Mapping[str, Any]) -> Tree:
    """Names of quantities, their own or those of courses; now and then one that is none."""
    named = [(f"d{name[-1]}",) if name[0] == "gradients" else name for name, _ in quantities(results)]
    found: list[Tree] = [".".join(draw.pick(named)) for _ in range(draw.weighted({1: 3, 2: 3, 3: 1}))] if named else []
    found = list(dict.fromkeys(found))
    if draw.chance(0.3):
        found = [name.lower() for name in found]
    if draw.chance(0.15):
        found.append(draw.pick((*KEYS, "dx", "dX", "dA_prev", "dK", "dL/dW", "out", "dW1", "db2", "updates", "Z")))
    return found[0] if len(found) == 1 and draw.chance(0.3) else found


def choices(draw: Draw, given: Tree, results: Mapping[str, Any]) -> Tree:
    """Answers to choose from for some quantities; what was answered to them becomes a letter."""
    found: dict[str, Tree] = {}
    for name, array in quantities(results):
        if len(name) == 1 and name[0] != "terms" and draw.chance(0.5):
            found[name[0]] = [answer(draw, array, "repr") for _ in range(draw.randint(1, 4))]
            if isinstance(given, dict):
                given[name[0]] = draw.pick(("a", "b", "B", "(c)", "d.", "e", "1", "ab", "é"))
    return found


def answer(draw: Draw, array: Any, style: str) -> Tree:
    """One answer."""
    kind = draw.weighted(SPOILS)
    if kind == "blank":
        return draw.pick(BLANKS)
    if kind == "value":
        return copied(draw.pick(VALUES))
    if draw.chance(0.1):
        return pasted(draw, _spoilt(draw, np.asarray(array), kind))
    tree = _texts(_spoilt(draw, np.asarray(array), kind), style)
    if kind == "cell":
        _change_cell(draw, tree)
    return tree


def pasted(draw: Draw, array: Any) -> Tree:
    """An array as programs print it and people paste it."""
    printed = str(np.asarray(array)) if draw.chance(0.5) else repr(np.asarray(array))
    match draw.pick(("as it is", "comma", "minus", "call", "short", "tabs", "percent", "raw", "blank", "signs")):
        case "comma":
            return printed.replace(",", ";").replace(".", ",")
        case "minus":
            return printed.replace("-", "\u2212")
        case "call":
            return f"torch.tensor({printed}, grad_fn=<MulBackward0>)"
        case "short":
            return printed.replace(" ", " ... ", 1)
        case "tabs":
            return Block(re.sub(r"[^-+\d.e\n]+", "\t", printed).strip())
        case "percent":
            return printed.replace("]", "%]")
        case "blank":
            return printed.replace(" ", "\u00a0")
        case "signs":
            return printed.replace("-", "- ")
        case "raw":
            return Raw(printed)
    return Block(printed) if "\n" in printed else printed


def program(draw: Draw, given: Tree) -> str:
    """Answers as lines of a program, or as YAML without the commas: no YAML as a whole."""
    between = draw.pick((" = ", ": ", ":", "=", " := "))
    lines = [f"{name}{between}{_program(draw, value)}" for name, value in given.items()]
    text = "\n".join([*lines, *draw.pick(([], lines[:1], ["db: ?"], ["# end"], ["nonsense"]))]) + "\n"
    return draw.pick(
        (
            text,
            text,
            f"```\n{text}```\n",
            "".join(f">>> {name}\n{_program(draw, value)}\n" for name, value in given.items()),
            "{" + ", ".join(f"'{name}': {_program(draw, value)}" for name, value in given.items()) + "}\n",
            "".join(f"- {line}\n" for line in lines),
        )
    )


def _program(draw: Draw, value: Tree) -> str:
    text = str(value).replace("'", "")
    return draw.pick(
        (text, text.replace(",", ""), f"np.array({text})", text.replace("], ", "],\n  "), f"{text} # mine")
    )


def _spoilt(draw: Draw, array: Any, kind: str) -> Any:
    if array.dtype == object and None in array.ravel().tolist():
        return array
    if kind in _EVERY:
        return _EVERY[kind](array, draw.pick((2, 3)))
    if not array.ndim or not array.size or kind not in _DEEP:
        return array
    return _DEEP[kind](array, draw.randrange(array.ndim))


_EVERY: Mapping[str, Callable[[Any, int], Any]] = {
    "negate": lambda array, _: -array,
    "scale": lambda array, factor: array * factor,
    "zero": lambda array, _: array * 0,
    "empty": lambda array, _: np.zeros((*np.shape(array)[:-1], 0)),
    "deeper": lambda array, _: array[..., None],
    "batched": lambda array, _: array[None],
    "coordinates": lambda array, n: np.stack(np.unravel_index(range(array.size), (array.size * n, n)), -1),
}
_DEEP: Mapping[str, Callable[[Any, int], Any]] = {
    "roll": lambda array, axis: np.roll(array, 1, axis),
    "transpose": lambda array, _: array.T,
    "flip": np.flip,
    "ones": lambda array, _: np.ones(array.shape),
    "ravel": lambda array, _: array.ravel(),
    "crop": lambda array, axis: array.take(range(max(1, array.shape[axis] - 1)), axis),
    "pad": lambda array, axis: np.concatenate([array, array], axis),
    "mean": lambda array, _: array.ravel()[0],
}


def _texts(value: Any, style: str) -> Tree:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return [_texts(item, style) for item in value]
    return Cell(_text(value, style))


def _text(value: Any, style: str) -> str:
    if value is None or not isinstance(value, int | float | Fraction):
        return str(value)
    try:
        if style.isdigit():
            return f"{float(value):.{style}f}"
        if style == "exponent":
            return f"{float(value):.3e}"
        if style == "fraction":
            return str(Fraction(value).limit_denominator(1000))
        return f"{float(value):.25f}" if style == "long" else str(value)
    except (OverflowError, ValueError):
        return str(value)


def _change_cell(draw: Draw, tree: Tree) -> None:
    while isinstance(tree, list) and tree:
        place = draw.randrange(len(tree))
        if not isinstance(tree[place], list):
            tree[place] = draw.pick((*BLANKS, *SYMBOLS, "1", "0", "-1", "0.25", "1e308", "100"))
        tree = tree[place]


def cell(draw: Draw, explained: Mapping[str, tuple[int, ...]]) -> str:
    """The name of a cell of what can be explained, now and then of one that is not there."""
    if not explained or draw.chance(0.06):
        return draw.pick(
            ("dW[0,0]", "Z", "dA[9,9]", "dW[", "x", "dW[-1]", "[0]", "", "dW[0,0]]", "é[0]", "q", "conv1.dW[0,0]")
        )
    name = draw.pick(list(explained))
    shape = explained[name]
    between = draw.weighted({",": 8, "][": 1, ", ": 1})
    index = between.join(str(draw.randrange(n + draw.chance(0.03)) if n else 0) for n in shape)
    return f"{name}[{index}]" if shape else name
