"""cnngrad generate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnngrad.cli.options import LIMIT_DEBUG, Whole, check_output, choice, keep_within, lazily
from cnngrad.cli.output import check_name, say, write
from cnngrad.errors import CnngradError, Exit, did_you_mean, escape, excerpt
from cnngrad.homework.choices import EXERCISES, SEPARATE, SETTINGS
from cnngrad.wording import counted

if TYPE_CHECKING:
    from cnngrad.homework.generate import Wanted
    from cnngrad.homework.generate.students import Roster
    from cnngrad.limits import Limits

MOST = 10_000
SAYS = {
    "size": ("H[,W]", "Height and width of the input; for a graph the number of gates."),
    "layout": ("LETTERS", "The axes of the input, as in NCHW."),
    "window": ("K", "The side of the kernel, or of the pooling window."),
    "stride": ("N", "Cells from one window to the next."),
    "padding": ("N", "Cells of padding on every side."),
    "dilation": ("N", "Cells from one tap to the next."),
    "channels": ("N", "Input channels."),
    "filters": ("N", "Filters of a convolution."),
    "batch": ("N", "Images in the batch."),
    "mode": (None, "The pooling."),
    "ties": (None, "The tie rule of max pooling."),
    "steps": ("N", "Time steps of a recurrent network."),
    "hidden": ("N", "Hidden units of a recurrent network."),
    "activation": (None, "Of a recurrent network."),
}
"""The options that shape an exercise: metavar and help."""


def _type(name: str) -> Any:
    values = SETTINGS.get(name)
    if values is None:
        return str
    return Whole(values[0], values[-1]) if isinstance(values, range) else click.Choice(values)


PARAMS = (
    click.Argument(["kind"], metavar="KIND", shell_complete=lazily("kind")),
    click.Option(["--seed"], type=Whole(0), default=0, show_default=True, help="The same seed, the same exercise."),
    click.Option(["--count"], type=Whole(1, MOST), default=1, show_default=True, help="How many exercises."),
    click.Option(["--digits"], type=_type("digits"), default=1, show_default=True, help="Digits of the numbers."),
    *(
        click.Option([f"--{name}"], type=_type(name), metavar=metavar, help=says)
        for name, (metavar, says) in SAYS.items()
    ),
    choice(
        "--separate",
        SEPARATE,
        "all",
        "Every known mistake gives other numbers than the truth and the other mistakes; than the truth; or as it is.",
    ),
    click.Option(
        ["--multiple-choice"], is_flag=True, help="Add answers to choose from, the wrong ones by known mistakes."
    ),
    click.Option(["--per", "roster"], metavar="FILE", help="One exercise for every student of a CSV roster."),
    click.Option(["--column"], metavar="HEADING", help="The column of the roster that tells students apart."),
    click.Option(["--key"], metavar="FILE", help="Write the answers of a single exercise to FILE."),
    click.Option(["-o", "--output"], metavar="PATH", help="A file; a folder with --count and --per."),
    click.Option(["--force"], is_flag=True, help="Replace files that are there."),
    *LIMIT_DEBUG,
)


@click.command(params=list(PARAMS))
def generate(kind: str, **given: Any) -> int:
    """New exercises that separate the known mistakes.

    KIND is conv-backward, pool, network, graph or rnn. One exercise goes to stdout without its key; --key FILE
    writes the answers. Several go to a folder, as NAME.yaml and NAME.key.yaml.
    """
    from cnngrad.limits import DEFAULT

    if kind not in EXERCISES:
        hint = did_you_mean(kind, EXERCISES) or f"; it is one of {', '.join(EXERCISES)}"
        raise CnngradError(f"{excerpt(kind)} is no kind of exercise{hint}")
    limits = DEFAULT.with_settings(given["limit"])
    keep_within(limits)
    if given["column"] is not None and given["roster"] is None:
        raise CnngradError("--column: is about a roster; name one with --per FILE")
    wanted = _wanted(kind, given, limits)
    if given["count"] == 1 and given["roster"] is None:
        _one(wanted, given)
    else:
        _several(wanted, given, limits)
    return Exit.DONE


def _wanted(kind: str, given: dict[str, Any], limits: Limits) -> Wanted:
    from cnngrad.api.homework import wanted

    settings = {name: given[name] for name in SAYS if given[name] is not None}
    if "size" in settings:
        settings["size"] = _size(settings["size"])
    return wanted(kind, settings | {"digits": given["digits"]}, given["separate"], given["multiple_choice"], limits)


def _size(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.replace("x", ",").split(",")]
    if not all(re.fullmatch("0{0,3}[1-9][0-9]{0,3}", part) for part in parts):
        raise CnngradError(f"--size: {excerpt(text)} is no size; give whole numbers, as in --size 5 or --size 4,6")
    return tuple(map(int, parts))


def _one(wanted: Wanted, given: dict[str, Any]) -> None:
    import numpy as np

    from cnngrad.homework.generate import titled

    output = given["output"]
    name = Path(output).stem if output else "exercise"
    for option, path in (("--output", output), ("--key", given["key"])):
        check_output(path, option)
        _check_free(path, given["force"])
    title = titled(wanted.kind, 1, given["seed"])
    exercise = wanted.made(np.random.default_rng([given["seed"], 1]), title, name)
    if given["key"]:
        write(exercise.key, given["key"])
    write(exercise.spec, output)


class _Named(NamedTuple):
    """An exercise that is still to be made."""

    name: str
    title: str
    seed: tuple[int, ...]


def _several(wanted: Wanted, given: dict[str, Any], limits: Limits) -> None:
    import numpy as np

    if given["key"]:
        raise CnngradError("--key: several exercises have a key each, beside them; leave --key out")
    if given["output"] is None:
        raise CnngradError("--output: several exercises need a folder; name one with -o DIR")
    check_name(given["output"], "--output")
    folder = Path(given["output"])
    if folder.exists() and not folder.is_dir():
        raise CnngradError(f"--output: {escape(str(folder))} is a file; name a folder")
    roster = _roster(given, limits)
    names = list(_named(wanted.kind, given, roster))
    for each in names:
        for suffix in (".yaml", ".key.yaml"):
            _check_free(str(folder / f"{each.name}{suffix}"), given["force"])
    made = [(each.name, wanted.made(np.random.default_rng(each.seed), each.title, each.name)) for each in names]
    folder.mkdir(parents=True, exist_ok=True)
    for name, exercise in made:
        write(exercise.spec, str(folder / f"{name}.yaml"))
        write(exercise.key, str(folder / f"{name}.key.yaml"))
    by = f", named by {roster.named_by}" if roster else ""
    say(f"wrote {counted(len(made), 'exercise and its key', 'exercises and their keys')} to {folder}{by}")


def _roster(given: dict[str, Any], limits: Limits) -> Roster | None:
    from cnngrad.homework.generate.students import read_roster

    if given["roster"] is None:
        return None
    if given["count"] > 1:
        raise CnngradError("--count: the roster says how many; leave --count out")
    return read_roster(given["roster"], limits, given["column"])


def _named(kind: str, given: dict[str, Any], roster: Roster | None) -> Iterator[_Named]:
    from cnngrad.homework.generate import titled

    seed = given["seed"]
    if roster is None:
        digits = len(str(given["count"]))
        for number in range(1, given["count"] + 1):
            yield _Named(f"{kind}-{number:0{digits}}", titled(kind, number, seed), (seed, number))
        return
    for student in roster.students:
        yield _Named(student.name, titled(kind, 1, seed, student.label), (student.number(seed),))


def _check_free(path: str | None, force: bool) -> None:
    if path is not None and not force and Path(path).is_file():
        raise CnngradError(f"{escape(path)} exists; name another file, or replace it with --force")
