"""The options of the commands: what stands behind each, in order or not. Which command has which, click says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import click

from cnngrad.limits import NAMES

from .draw import Draw
from .tree import written

NASTY = (
    "", " ", "-1", "0", "1e308", "nan", "abc", "²", "٣", "1.5", "99999999999999999999", "[1", "{a: 1}",
    "[[1, 2], [3]]", "null", "a\x1b[31mb", "a\rb", "a\nb", "\u202e", "é", "x" * 2000, "=", "a=b", "--", "-", "*a",
    "!!int 3", "&a [*a]", "true", "1,1,1,1",
)  # fmt: skip
"""Values for any option; none of them names a place outside the folder of the run."""
FORMATS = {"json": 10.0, "yaml": 2.0, "text": 2.0, "table": 0.8, "dot": 0.2, "mermaid": 0.2}
OUTPUTS = (
    "out.txt",
    "out.txt",
    "spec.yaml",
    "new.json",
    "é.txt",
    "nowhere/out.txt",
    ".",
    "loop",
    "",
    "a\x1bb",
    "x" * 300,
    "/dev/null",
)
LIMITS = (
    *(f"{name}={value}" for name in NAMES for value in (3, 100, 10_000, 1_000_000)),
    "cells=0", "cells=-1", "cells", "x=1", "cells=1e999", "cells=²", "cells=nan",
)  # fmt: skip
SETS = (
    "title=x", "delta=1", "stride=2", "padding=same", "padding=[[1, 0], [0, 1]]", "kernel=[[1, 2], [3, 4]]",
    "numbers=exact", "numbers=symbolic", "layers=[]", "input=3", "ties=any", "a=b", "op=pool", "bias=1",
    "loss={op: sum}", "values={x: 1}", "layers[0].stride=2", "loss.op=sum", "weights.bias=1", "answers={Z: 1}",
    "delta=1e308", "input=[[1, 2], [3, 4]]", "window=global", "output_shape=5", "axis=0", "alpha=0.3", "beta=2",
    "approximate=tanh", "loss.axis=0", "function=elu", "layout=NTD", "statistics.mean=1", "h0=[1, 2]",
)  # fmt: skip
ONLY = (
    "Z", "dA", "dW,db", "Z,dA", "conv1.dW", "loss", "dx", "h,dW_recurrent", "argmax", "dQ", "Z,", "dw", "conv1", "W",
    "conv1.dw,dL/dX", "gradients.x", "updates.conv1.W",
)  # fmt: skip
Value = Callable[[Draw, click.Option], str]


def one_of(*texts: str) -> Value:
    """One of these texts."""
    return lambda draw, _: draw.pick(texts)


def choices(draw: Draw, option: click.Option) -> str:
    """One of the option's own choices."""
    assert isinstance(option.type, click.Choice)
    return str(draw.pick(list(option.type.choices)))


def format_name(draw: Draw, option: click.Option, **weights: float) -> str:
    """A format, mostly a fast one."""
    assert isinstance(option.type, click.Choice)
    known = FORMATS | weights
    return draw.weighted({str(name): known.get(str(name), 2.0) for name in option.type.choices})


def drawn(draw: Draw, option: click.Option) -> str:
    """A format of what has a diagram."""
    return format_name(draw, option, dot=2.0, mermaid=2.0)


def setting(draw: Draw, _: click.Option) -> str:
    """KEY=YAML."""
    if draw.chance(0.6):
        return draw.pick(SETS)
    from .spoil import KEYS, VALUES

    return f"{draw.pick(KEYS)}={written(draw.pick(VALUES), 'flow')}"


def flag(draw: Draw, _: click.Option) -> str:
    """Nothing stands behind a flag."""
    return ""


@dataclass(frozen=True)
class Given:
    """How often an option is given, and what stands behind it."""

    share: float
    value: Value = flag


OPTIONS: Mapping[str, Given] = {
    "--format": Given(1.0, format_name),
    "--output": Given(0.04, one_of(*OUTPUTS)),
    "--color": Given(0.05, choices),
    "--width": Given(0.05, one_of("20", "40", "80", "200", "10000", "5")),
    "--limit": Given(0.02, one_of(*LIMITS)),
    "--debug": Given(0.01),
    "--trace": Given(0.4, choices),
    "--method": Given(0.3, choices),
    "--numbers": Given(0.08, choices),
    "--precision": Given(0.1, one_of("0", "1", "3", "6", "17")),
    "--index-base": Given(0.2, choices),
    "--gradcheck": Given(0.2),
    "--shift": Given(0.07, one_of("1", "1,1", "-1,0", "0", "0,0,1", "5,5", "100000,1")),
    "--only": Given(0.1, one_of(*ONLY)),
    "--set": Given(0.04, setting),
    "--stride": Given(0.02, one_of("1", "2", "[1, 2]", "3", "1000000")),
    "--padding": Given(0.02, one_of("0", "1", "same", "valid", "same_lower", "[1, 0]", "[[1, 0], [0, 1]]", "400000")),
    "--dilation": Given(0.02, one_of("1", "2", "[2, 1]", "1000000")),
    "--mode": Given(0.01, one_of("max", "average", "avg")),
    "--window": Given(0.01, one_of("1", "2", "[2, 1]", "3", "global")),
    "--ties": Given(0.02, one_of("first", "last", "all", "split", "any")),
    "--layout": Given(0.02, one_of("HW", "CHW", "HWC", "L", "NCHW", "NHWC", "NCDHW")),
    "--at": Given(0.1, one_of("x=-2", "y=5", "z=1e-320", "x=0", "x=1e308", "w=1/3", "x=a", "q=1", "x=")),
    "--delta": Given(0.1, one_of("1", "-2", "1e308", "1/3", "0")),
    "--round": Given(0.1, one_of("0", "2", "15")),
    "--hint": Given(0.6, choices),
    "--require": Given(0.15, one_of("Z", "dA,dW", "dw", "dX, db", "Z,dA", "conv1.dW", "answers.yaml", "dQ", "Z,", "x")),
    "--show-answers": Given(0.15),
    "--criterion": Given(0.4, choices),
    "--fail-under": Given(0.3, one_of("0", "0.5", "1")),
    "--seed": Given(0.8, one_of("0", "1", "2", "3", "4", "5", "12345678901234567890")),
    "--count": Given(0.06, one_of("1", "2", "3")),
    "--digits": Given(0.3, one_of("1", "2", "3", "4")),
    "--size": Given(0.3, one_of("2", "3", "2,3", "3x2", "1", "4", "²", "0", "1,2,3")),
    "--channels": Given(0.05, one_of("1", "2")),
    "--filters": Given(0.05, one_of("1", "2")),
    "--batch": Given(0.05, one_of("1", "2")),
    "--steps": Given(0.2, one_of("2", "3")),
    "--hidden": Given(0.2, one_of("1", "2")),
    "--activation": Given(0.2, choices),
    "--learning-rate": Given(0.3, one_of("0.1", "1", "1/2", "0", "1e-320")),
    "--separate": Given(0.5, choices),
    "--multiple-choice": Given(0.3),
    "--column": Given(0.03, one_of("id", "Name", "matrikel", "")),
    "--per": Given(0.03, one_of("roster.csv", "missing.csv")),
    "--key": Given(0.2, one_of("key.yaml", "nowhere/key.yaml", "spec.yaml", "loop")),
    "--force": Given(0.5),
    "--jobs": Given(0.5, one_of("1", "2", "1", "2", "1", "2", "0", "1000000")),
    "--timeout": Given(0.1, one_of("60", "1000", "0", "-1", "nan")),
    "--memory": Given(0.1, one_of("2GiB", "4GB", "2GiB", "1.5G", "1", "x", "")),
    "--resume": Given(0.05),
    "--feedback": Given(0.2, one_of("feedback", ".", "spec.yaml", "nowhere/x/y", "")),
    "--feedback-format": Given(0.3, choices),
    "--report": Given(0.1, one_of("class.html", "nowhere/class.html", "spec.yaml")),
    "--scheduler": Given(0.0),  # a cluster is not to be had
    "--scheduler-file": Given(0.0),
}
"""Every option of every command, by its long name."""
HERE: Mapping[tuple[str, str], Given] = {
    ("network", "--format"): Given(1.0, drawn),
    ("graph", "--format"): Given(1.0, drawn),
    ("pool", "--ties"): Given(0.12, one_of("first", "last", "all", "split", "any")),
    ("pool", "--padding"): Given(0.05, one_of("0", "1", "same", "[[1, 0], [0, 1]]")),
    ("conv-backward", "--stride"): Given(0.05, one_of("1", "2", "[1, 2]")),
}
"""What one command gives in another way than the others."""


def options(draw: Draw, command: click.Command, nasty: float, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    """Options of this command; `nasty` is the share of values that are nonsense."""
    for option in command.params:
        if not isinstance(option, click.Option) or option.name in skip:
            continue
        name = long_name(option)
        given = HERE.get((command.name or "", name)) or OPTIONS[name]
        if not draw.chance(given.share):
            continue
        yield name
        if not option.is_flag:
            yield draw.pick(NASTY) if draw.chance(nasty) else given.value(draw, option)


def long_name(option: click.Option) -> str:
    """`--output` for -o."""
    return max(option.opts, key=len)
