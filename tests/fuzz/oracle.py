"""Runs a mutant and says what is wrong with what it did."""

from __future__ import annotations

import faulthandler
import io
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, NoReturn

import yaml

from cnngrad.cli.main import invoke

from .mutants import Mutant, mutant

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SIGNED_ZERO = re.compile(r"(?<![\w.:)\]-])-0(?:\.0*)?(?:e[-+]?0+)?(?![\w./])")
LATE = 20
"""Seconds after the watchdog at which the process ends, where the alarm does not get through."""


@dataclass(frozen=True)
class Finding:
    """What a mutant did wrong; `kind` is the same for all mutants that show the same fault."""

    kind: str
    says: str
    mutant: Mutant

    def __str__(self) -> str:
        return f"{self.kind}\n{self.says}\n{self.mutant}"


class HangError(BaseException):
    """The watchdog: no handler of the program may catch it."""


@dataclass
class Ran:
    """What a mutant left behind."""

    code: int
    out: str
    err: str
    warned: list[str]
    seconds: float
    failure: BaseException | None = None


def seen(seed: int, index: int, folder: Path, watchdog: float = 60.0) -> tuple[Mutant, int, list[Finding], float]:
    """Make and run the mutant of this number in an empty folder: its exit code, what is wrong, processor seconds."""
    made = Mutant(seed, index, (), {}, b"")
    start = time.process_time()
    try:
        with guarded(watchdog):
            made = _made(seed, index)
            with placed(made, folder):
                ran = run(made)
                found = list(_judge(made, ran, folder))
    except HangError as hang:
        spent = time.process_time() - start
        return made, -1, [Finding("hang " + frames(hang), f"still runs after {watchdog:g} s", made)], spent
    return made, ran.code, found, ran.seconds


def _made(seed: int, index: int) -> Mutant:
    """The mutant; spoiling its answers may overflow, which is no fault of the program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mutant(seed, index)


@contextmanager
def guarded(seconds: float) -> Iterator[None]:
    """HangError after so many seconds; a process that does not even answer signals ends a little later."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _hang)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + LATE, exit=True, file=sys.__stderr__ or 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def _hang(_: int, frame: FrameType | None) -> NoReturn:
    raise HangError


@contextmanager
def placed(made: Mutant, folder: Path) -> Iterator[None]:
    """The files of a mutant in the folder, which is emptied afterwards."""
    home = os.getcwd()
    os.chdir(folder)
    try:
        for name, data in made.files.items():
            Path(name).write_bytes(data)
        os.symlink("loop", "loop")
        yield
    finally:
        os.chdir(home)
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def run(made: Mutant, *before: str) -> Ran:
    """Run the command of a mutant in this process and in this folder."""
    out, err = _stream("strict"), _stream("backslashreplace")
    stdin, digits = sys.stdin, sys.get_int_max_str_digits()
    failure, code = None, -1
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(out), redirect_stderr(err):
        warnings.simplefilter("always")
        sys.stdin = io.TextIOWrapper(io.BytesIO(made.stdin), encoding="utf-8")
        start = time.process_time()
        try:
            code = int(_named(made)([*before, *made.args]))
        except (Exception, SystemExit) as error:
            failure = error
        finally:
            seconds = time.process_time() - start
            sys.stdin = stdin
            sys.set_int_max_str_digits(digits)
    warned = [f"{item.category.__name__}: {item.message} at {_short(item.filename)}:{item.lineno}" for item in caught]
    return Ran(code, _text(out), _text(err), warned, seconds, failure)


def _named(made: Mutant) -> Any:
    """`invoke` in a function that bears the mutant's number, so that any dump of the stack names it."""

    def call(args: list[str]) -> int:
        return invoke(args)

    name = f"mutant_{made.seed}_{made.index}"
    code = call.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, call.__globals__, name)


def _stream(errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors, newline="\n")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    data = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return str(data.decode())


def _judge(made: Mutant, ran: Ran, folder: Path) -> Iterator[Finding]:
    for kind, says in [
        *crashes(made, ran),
        *_lines(made, ran),
        *letters(made, ran),
        *_json(made, ran),
        *_zeros(made, ran),
        *_left(made, ran),
    ]:
        yield Finding(kind, says, made)


Found = Iterator[tuple[str, str]]


def crashes(made: Mutant, ran: Ran) -> Found:
    """What no run may end with: an exception, another exit code, a warning."""
    if ran.failure is not None:
        yield f"escaped {type(ran.failure).__name__} {frames(ran.failure)}", str(ran.failure)[:500]
    elif ran.code not in (0, 1, 2):
        again = run(made, "--debug").err
        where = re.findall(r'File "([^"]+)", line (\d+), in (\S+)', again)
        places = " < ".join(f"{_short(file)}:{line} {name}" for file, line, name in where[-3:][::-1])
        name = re.search(r"bug in cnngrad: (\w+)", ran.err)
        yield f"exit {ran.code} {name[1] if name else ''} {places}", ran.err[:500]
    for text in sorted(set(ran.warned)):
        yield f"warning {text}", ran.err[:200]


def _lines(made: Mutant, ran: Ran) -> Found:
    """Errors are lines of their own with nothing on stdout, but for a result that machines read of answers that nobody
    can; --debug and exit 3 say more."""
    if ran.code != 2 or ran.failure is not None or "--debug" in made.args:
        return
    if ran.out and not _says_why(made, ran.out):
        yield f"stdout beside exit 2 {made.command}", ran.out[:300] + ran.err[:300]
    others = [line for line in ran.err.splitlines() if not line.startswith("error: ")]
    others = [line for line in others if not line.startswith("no spec given: ")]
    if others or not ran.err:
        yield f"exit 2 without error: {made.command}", ran.err[:500]


def _says_why(made: Mutant, result: str) -> bool:
    """Whether this is the result of answers that could not be read, with points of 0 and the error."""
    if made.command != "check":
        return False
    if result.startswith("<?xml"):
        return "<error" in result
    found = yaml.load(result, LOADER)
    return (found.get("error") is not None and found["points"] == 0) or (found.get("score") == 0 and "tests" in found)


def letters(made: Mutant, ran: Ran) -> Found:
    """No character that moves the cursor or turns the text around; colour only where it was asked for."""
    coloured = "always" in made.args
    for name, text in (("stdout", ran.out), ("stderr", ran.err)):
        text = COLOUR.sub("", text) if coloured else text
        bad = {c for c in text if not c.isprintable() and c not in "\n\t" and unicodedata.category(c) != "Zs"}
        if bad:
            first = min(text.find(c) for c in bad)
            yield (
                f"unprintable {sorted(map(ascii, bad))[:3]} on {name} of {made.command}",
                repr(text[max(0, first - 80) :][:200]),
            )


def _json(made: Mutant, ran: Ran) -> Found:
    chosen = [value for name, value in zip(made.args, made.args[1:], strict=False) if name == "--format"]
    to_file = {"-o", "--output"} & set(made.args)
    if ran.code not in (0, 1) or chosen[-1:] != ["json"] or to_file or "--help" in made.args:
        return
    try:
        for text in ran.out.splitlines() if made.command in ("batch", "grade") else [ran.out]:
            json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        yield f"no JSON from {made.command}", f"{error}: {ran.out[:300]!r}"


def _zeros(made: Mutant, ran: Ran) -> Found:
    """No zero with a sign, but for one that was given so."""
    given = " ".join([*made.args, *(data.decode("latin-1") for data in (*made.files.values(), made.stdin))])
    if ran.code in (0, 1) and (zero := SIGNED_ZERO.search(ran.out)) and not SIGNED_ZERO.search(given):
        yield f"signed zero from {made.command}", repr(ran.out[max(0, zero.start() - 200) : zero.end() + 50])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} in JSON")


def _left(made: Mutant, ran: Ran) -> Found:
    """No file beside those of the mutant, but for results; after an error nothing has changed."""
    here = {path.name for path in Path().iterdir()} - {"loop"}
    new = here - set(made.files)
    written = made.command == "check" and bool({"-o", "--output"} & set(made.args))
    if left := sorted(
        name for name in new if name.startswith((".", "tmp")) or (ran.code not in (0, 1) and not written)
    ):
        yield (
            f"left {re.sub('[^.a-z-]', '', left[0])[:9]} behind {made.command} exit {ran.code}",
            f"{left} {ran.err[:200]}",
        )
    if (
        ran.code == 2
        and not written
        and any(not Path(name).exists() or Path(name).read_bytes() != data for name, data in made.files.items())
    ):
        yield f"changed a file in spite of exit 2 {made.command}", ran.err[:300]


def frames(error: BaseException) -> str:
    """The innermost three places."""
    places = []
    step = error.__traceback__
    while step is not None:
        places.append(f"{_short(step.tb_frame.f_code.co_filename)}:{step.tb_lineno} {step.tb_frame.f_code.co_name}")
        step = step.tb_next
    inner = [place for place in places if "/oracle.py" not in place]
    return " < ".join(inner[-3:][::-1])


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])
