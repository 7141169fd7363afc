"""The options that commands share, and the spec with the options' overrides applied."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cnngrad.cli.output import NARROWEST, check_name, say
from cnngrad.errors import CnngradError, did_you_mean, excerpt, indices_from
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.render import FORMATS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cnngrad.cli.completion import Completer
    from cnngrad.limits import Limits
    from cnngrad.report.view import Options
    from cnngrad.spec.build import Setting
    from cnngrad.spec.tree import Document

_MOST_DIGITS = 18
_WIDEST = 10_000
_WHOLE = pattern(rf"[-+]?[0-9]{{1,{_MOST_DIGITS}}}")
_DECIMAL = pattern(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
METHODS = ("gather", "scatter", "rotate", "matrix")
TRACES = ("none", "brief", "full")
OVERRIDES = ("stride", "padding", "dilation", "mode", "window", "ties", "layout")
"""Keys of a spec that have an option of their own."""


@dataclass(frozen=True)
class Request:
    """What the shared options say."""

    format: str
    output: str | None
    color: str
    limit: tuple[str, ...]
    settings: tuple[Setting, ...]
    trace: str = "brief"
    method: str = "gather"
    precision: int | None = None
    index_base: str = "0"
    gradcheck: bool = False
    rounding: int | None = None
    shift: str | None = None
    only: str | None = None
    width: int | None = None

    @property
    def limits(self) -> Limits:
        from cnngrad.limits import DEFAULT

        return DEFAULT.with_settings(self.limit)

    @property
    def options(self) -> Options:
        from cnngrad.report.view import Options

        return Options(
            self.trace, self.method, self.precision, self.gradcheck, self.output is not None, self.rounding, self._shift
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that are wanted; none for all."""
        if self.only is None:
            return ()
        names = tuple(dict.fromkeys(name.strip() for name in self.only.split(",")))
        if not all(names):
            raise CnngradError(f"--only: {excerpt(self.only)} has a name missing; write --only dW,db")
        return names

    @property
    def _shift(self) -> tuple[int, ...] | None:
        if self.shift is None:
            return None
        parts = [part.strip() for part in self.shift.split(",")]
        if not all(_WHOLE.fullmatch(part) for part in parts):
            raise CnngradError(f"--shift: {excerpt(self.shift)} is no shift; give whole numbers, as in --shift 1,1")
        return tuple(map(int, parts))

    def document(self, spec: str | None, op: str) -> Document:
        """The spec, or the built-in example of `op` with a note on stderr; overrides applied."""
        from cnngrad.api.solve import open_spec
        from cnngrad.examples import DEFAULTS, PREFIX
        from cnngrad.spec.build import override

        if spec is None:
            name = DEFAULTS[op]
            spec = f"{PREFIX}{name}"
            say(f"no spec given: running the built-in {name} (see it: cnngrad examples show {name})")
        return override(open_spec(spec, self.limits), self.settings, self.limits)


class Whole(click.IntRange):
    """A whole number in a range, in the digits 0 to 9: Python's int takes `1_000` and other scripts' digits too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not _WHOLE.fullmatch(value):
            self.fail(f"{excerpt(value)} is not a whole number of at most {_MOST_DIGITS} digits.", param, ctx)
        return super().convert(value, param, ctx)


class Decimal(click.FloatRange):
    """A number in a range; `nan` is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not _DECIMAL.fullmatch(value):
            self.fail(f"{excerpt(value)} is not a number.", param, ctx)
        return super().convert(value, param, ctx)


def output_params(*kinds: str) -> list[click.Parameter]:
    """--format, -o, --color, --width, --limit, --debug; the formats are those that take what the command makes."""
    names = [name for name, chosen in FORMATS.items() if chosen.takes in kinds]
    return [
        choice("--format", names, "table", "How the result is written."),
        click.Option(["-o", "--output"], metavar="FILE", help="Write to FILE (replaced as a whole) instead of stdout."),
        choice(
            "--color", ["auto", "always", "never"], "auto", "Colour; auto asks NO_COLOR, FORCE_COLOR and the terminal."
        ),
        click.Option(
            ["--width"], type=Whole(NARROWEST, _WIDEST), metavar="N", help="Columns of a page, piped or in a file too."
        ),
        *LIMIT_DEBUG,
    ]


def override_params(*keys: str) -> list[click.Parameter]:
    """An option for each of these keys of a spec, and --set for any."""
    any_key = click.Option(["--set", "set_"], multiple=True, metavar="KEY=YAML", help="Set any key of the spec.")
    return [*(_key_option(key) for key in keys), any_key]


def _key_option(key: str) -> click.Option:
    def values(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from cnngrad.cli.completion import key_values

        found = key_values(key)
        return found(ctx, param, incomplete) if found else []

    return click.Option([f"--{key}"], metavar=key.upper(), help=f"Set the spec's {key}.", shell_complete=values)


def lazily(name: str) -> Completer:
    """The completer of this name, imported when a shell completes."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from cnngrad.cli import completion

        found: list[CompletionItem] = getattr(completion, name)(ctx, param, incomplete)
        return found

    return complete


def choice(option: str, known: Sequence[str], default: str, says: str) -> click.Option:
    """An option with the words that it may have; one of them when it is left out."""
    return click.Option([option], type=click.Choice(known), default=default, show_default=True, help=says)


LIMIT_DEBUG = (
    click.Option(
        ["--limit"],
        multiple=True,
        metavar="NAME=VALUE",
        help="Raise or lower a size limit.",
        shell_complete=lazily("limit"),
    ),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
)
INDEX_BASE = choice("--index-base", ["0", "1"], "0", "What the first index is called.")
RESULT = (
    choice("--trace", TRACES, "brief", "How many derivations are shown."),
    choice("--method", METHODS, "gather", "Which derivation."),
    click.Option(
        ["--numbers"], type=click.Choice(["float", "exact", "symbolic"]), help="float64, exact fractions, or formulas."
    ),
    click.Option(["--precision"], type=Whole(0, 17), metavar="N", help="Decimals shown (display only)."),
    INDEX_BASE,
    click.Option(["--gradcheck"], is_flag=True, help="Compare every gradient with central differences."),
)
"""What a result shows."""
SPEC = click.Argument(["spec"], shell_complete=lazily("spec"))
ONLY = click.Option(
    ["--only"],
    metavar="NAMES",
    help="Show these quantities alone, as in --only dW,db.",
    shell_complete=lazily("quantities"),
)
SHIFT = click.Option(["--shift"], metavar="CELLS", help="Show what a shifted input changes, as in --shift 1,1.")


def request(**given: Any) -> Request:
    """The shared options of a command, from its arguments."""
    from cnngrad.spec.build import Setting

    def of_keys(*keys: str) -> list[Setting]:
        """The options that are called as the key that they set."""
        found = [(key, given.pop(key, None)) for key in keys]
        return [Setting(f"--{key.replace('_', '-')}", key, text) for key, text in found if text is not None]

    at = [Setting("--at", f"values.{name}", text) for name, text in map(_variable, given.pop("at", ()))]
    any_key = [Setting("--set", key, text) for key, text in map(_assignment, given.pop("set_", ()))]
    settings = (*of_keys(*OVERRIDES), *any_key, *of_keys("numbers"), *at, *of_keys("delta", "learning_rate"))
    del given["debug"]
    check_output(given["output"])
    asked = Request(settings=settings, **given)
    keep_within(asked.limits)
    click.get_current_context().with_resource(indices_from(int(asked.index_base)))
    return asked


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier() or not value.strip():
        raise CnngradError(f"--at: {excerpt(text)} is no value of a variable; write --at x=-2")
    return name.strip(), value.strip()


def _assignment(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not all(part.strip() for part in key.split(".")):
        wrong = "is no key" if equals else "has no value"
        raise CnngradError(f"--set: {excerpt(key)} {wrong}; write --set KEY=YAML, as in --set stride=2")
    return key, value


def keep_within(limits: Limits) -> None:
    """Bound every number that the command makes, whatever it does with them."""
    from cnngrad.numbers.exact import within

    click.get_current_context().with_resource(within(limits, counted=False))


def check_output(output: str | None, option: str = "--output") -> None:
    """A name that no file has and a missing folder are said before the work is done."""
    if output is None:
        return
    check_name(output, option)
    if os.path.isdir(os.path.dirname(output) or os.curdir):
        return
    from pathlib import Path

    folder = Path(output).parent
    if not os.path.isdir(folder):
        near = [str(path) for path in folder.parent.glob("*/")] if os.path.isdir(folder.parent) else []
        hint = did_you_mean(str(folder), near) or "; make it first"
        raise CnngradError(f"{option}: there is no folder {excerpt(str(folder), 200)}{hint}")
