"""The names of quantities: the one that each has, and those that courses and libraries call it by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from cnngrad.errors import did_you_mean, excerpt
from cnngrad.exercise.layer import gradient_name
from cnngrad.patterns import pattern

LISTED = 12
"""Names that a message lists."""
COURSES: Mapping[str, str] = {
    "Z": "out output y",
    "dA": "dx dA_prev dinput dinputs grad_input",
    "dW": "dK dkernel dweight dweights dfilter dfilters dF grad_weight",
    "db": "dbias dbiases grad_bias",
    "dgamma": "dgammas",
    "dbeta": "dbetas",
    "argmax": "indices argmaxes",
    "h": "a states",
    "dh0": "da0 dprev_h",
    "dW_input": "dWx dWxh dWax",
    "dW_recurrent": "dWh dWhh dWaa",
}
"""What CS231n, the Coursera course, PyTorch and textbooks call a quantity beside its own name; any case goes."""
_SHARE = pattern(r"(?:d|∂)(?:L|loss|J|E|C|f|cost|error)?\s*/\s*(?:d|∂)\s*(\w+)", re.IGNORECASE)
"""dL/dW, as textbooks write a gradient."""
_NUMBERED = pattern(r"(d?(?:W|b|gamma|beta))([1-9][0-9]{0,2})", re.IGNORECASE)
"""dW2; dA2 and Z2 are counted in too many ways."""
_ALIASES = {alias.lower(): name for name, aliases in COURSES.items() for alias in aliases.split()}


def named(text: str, known: Collection[str]) -> str | None:
    """The quantity among `known` that `text` means: its own name, or what courses call it, in any case (`dw`, `dX`,
    `dA_prev`, `dL/dW`, `conv1.dw`; `dW2` in a network is the second layer with weights); None where it means none, or
    may mean several."""
    if text in known:
        return text
    found = dict.fromkeys(_meant(text.strip(), known))
    return next(iter(found)) if len(found) == 1 else None


def in_group(group: str, name: str) -> str:
    """A quantity by its full name: `x` under `gradients` is dx, `dW` under the layer `conv1` is conv1.dW."""
    own = {"": name, "results": name, "updates": name, "gradients": gradient_name(name)}
    return own.get(group, f"{group}.{name}")


def unknown_quantity(quantity: str, known: Collection[str]) -> str:
    """Why there is no quantity of this name among the `known` ones."""
    if quantity in ("dA", "dW", "db", "dZ") and not any(name.startswith("d") for name in known):
        return "there is no gradient without an upstream one; give the spec a delta"
    meant = list(dict.fromkeys(_meant(quantity, known))) or _owned(quantity, known)
    if len(meant) > 1:
        return f"this exercise has several; write {_listed(meant)}"
    hint = f"; did you mean '{meant[0]}'?" if meant else did_you_mean(quantity, known) or f"; it has {_listed(known)}"
    return f"this exercise has no {excerpt(quantity)}{hint}"


def _listed(names: Collection[str]) -> str:
    return ", ".join([*names][:LISTED] + ["..."] * (len(names) > LISTED))


def _meant(text: str, known: Collection[str]) -> Iterator[str]:
    """Every quantity that a text may mean."""
    group, dot, name = text.partition(".")
    if dot and (own := in_group(group, name)) in known:
        yield own
        return
    owner, dot, symbol = text.rpartition(".")
    if share := _SHARE.fullmatch(symbol):
        symbol = f"d{share[1]}"
    for name in (symbol, _ALIASES.get(symbol.lower(), symbol)):
        whole = f"{owner}{dot}{name}".lower()
        if same := [other for other in known if other.lower() == whole]:
            yield from same
            return
    if not owner and (numbered := _NUMBERED.fullmatch(symbol)):
        owned = _owned(numbered[1], known)
        yield from owned[int(numbered[2]) - 1 : int(numbered[2])]
        yield from (name for name in owned if re.fullmatch(rf"[A-Za-z_]*{numbered[2]}", name.rpartition(".")[0]))


def _owned(symbol: str, known: Collection[str]) -> list[str]:
    """What layers of a network call so."""
    symbol = _ALIASES.get(symbol.lower(), symbol).lower()
    return [name for name in known if "." in name and name.rpartition(".")[2].lower() == symbol]
