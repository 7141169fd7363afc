"""Where a result goes: stdout, or a file that is replaced as a whole; and what is said on stderr."""

from __future__ import annotations

import errno
import io
import os
import re
import select
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from cnngrad.errors import CnngradError, escape, excerpt

if TYPE_CHECKING:
    from cnngrad.cli.options import Request
    from cnngrad.render import Look

ASCII = str.maketrans("∂·╭╮╰╯│─├┤┬┴┼└✓✗", "d.++++|-+++++`+x")
"""What is written for line drawing where the terminal has none."""
NARROWEST = 20
"""Columns that a page has at least: fewer hold no number beside its index."""
UNFINISHED: set[str] = set()
"""Temporary files that are being written; what ends the program at once takes them away."""
_DESCRIPTOR = re.compile(r"(?:/dev|/proc/self)/fd/([0-9]{1,6})|/dev/std(in|out|err)")


class ClosedPipeError(Exception):
    """The reader of a pipe went away. No OSError: of those click makes exit code 1."""


class StandardOutput(io.TextIOBase):
    """stdout for everything that prints: its failures are lines on stderr, the end of a pipe is none."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding or "utf-8" if self.stream else "utf-8"

    @property
    def buffer(self) -> io.RawIOBase:
        """For bytes in UTF-8, which click writes for a shell that completes."""
        return _Bytes(self)

    def isatty(self) -> bool:
        return self.stream is not None and not self.stream.closed and self.stream.isatty()

    def write(self, text: str) -> int:
        if not _draws_lines(self):
            text = text.translate(ASCII).encode("ascii", "backslashreplace").decode()
        try:
            _put(text, self.stream)
        except BrokenPipeError:
            raise ClosedPipeError from None
        except (OSError, ValueError) as error:
            raise CnngradError(f"standard output: {_reason(error)}; the result is not complete") from None
        return len(text)


class _Bytes(io.RawIOBase):
    def __init__(self, text: StandardOutput) -> None:
        self.text = text

    def write(self, data: Any) -> int:
        self.text.write(bytes(data).decode())
        return len(data)


def look(color: str, output: str | None, width: int | None = None) -> Look:
    """Width, colour and line drawing of where the result goes; the width that was asked for wins."""
    from cnngrad.render import Look

    to_terminal = output is None and sys.stdout.isatty()
    width = width or (shutil.get_terminal_size().columns if to_terminal else _exported_width())
    return Look(width, _color(color, to_terminal), ascii_only=output is None and not _draws_lines(sys.stdout))


def show_as(request: Request, makers: Mapping[str, Callable[[], Any]]) -> None:
    """Write what the chosen format takes to the chosen place; the makers of the rest are not called."""
    from cnngrad.render import FORMATS, render

    takes = FORMATS[request.format].takes
    if takes not in makers:
        says = f"{request.format} draws the result of a graph or a network; take another format here"
        raise CnngradError(f"--format: {says}")
    write(render(request.format, makers[takes](), look(request.color, request.output, request.width)), request.output)


def _exported_width() -> int | None:
    """The number of columns that the environment asks for, where a pipe or a file has none by itself."""
    text = os.environ.get("COLUMNS", "")
    columns = int(text) if re.fullmatch("[0-9]{1,5}", text) else 0
    return max(columns, NARROWEST) if columns else None


def write(text: str, output: str | None) -> None:
    """Write `text` to a file, or to stdout."""
    if output is None:
        sys.stdout.write(text)
        return
    # A name from outside may hold what is no character; a backslash keeps JSON valid.
    data = text.encode("utf-8", "backslashreplace")
    try:
        _save(output, data)
    except BrokenPipeError:
        raise ClosedPipeError from None


def say(text: str) -> None:
    """Write one line to stderr, whatever is in `text`; nobody has to listen."""
    tell(escape(text))


def tell(lines: str) -> None:
    """Write lines to stderr as they are."""
    with suppress(OSError, ValueError):
        _put(lines + "\n", sys.stderr)


def errors_are_seen() -> bool:
    """Whether stderr is a terminal."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


def check_name(output: str, option: str) -> None:
    """What no file can be called is said before the work is done."""
    try:
        possible = bool(output) and b"\0" not in os.fsencode(output)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise CnngradError(f"{option}: {excerpt(output)} is no name of a file; give another")


def _put(text: str, stream: TextIO | None) -> None:
    """Write all of `text`; OSError or ValueError (a closed stream) say why not.

    Python keeps what a stream could not take and tries again at exit; unbuffered (PYTHONUNBUFFERED) it drops what a
    full disk did not take. So the bytes go to the file itself.
    """
    if stream is None:
        raise OSError(errno.EBADF, "closed from the start")
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    file = getattr(buffer, "raw", buffer)
    if isinstance(file, io.FileIO):
        data = text.replace("\n", os.linesep).encode(stream.encoding or "utf-8", "backslashreplace")
        _put_all(data, file)
    else:
        stream.write(text)
        stream.flush()


def _put_all(data: bytes, file: io.FileIO) -> None:
    left = memoryview(data)
    while left:
        written: int | None = file.write(left)
        if written is None:  # it does not wait by itself
            select.select((), (file,), ())
        left = left[written or 0 :]


def _color(choice: str, to_terminal: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (to_terminal and os.environ.get("TERM") != "dumb")


def _draws_lines(stream: TextIO | StandardOutput) -> bool:
    try:
        "╭∂".encode(stream.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _save(name: str, data: bytes) -> None:
    """Put `data` where `name` is: in place of a file, or into a device, a pipe or an open descriptor."""
    says = "nothing can be written there"
    try:
        if found := _DESCRIPTOR.fullmatch(name):
            number = int(found[1]) if found[1] else ("in", "out", "err").index(found[2])
            _write_through(os.dup(number), data)
            return
        mode = _mode(name)
        if not stat.S_ISREG(mode):
            _write_through(_opened(name, mode), data)
            return
        says = "the file is as it was"
        _replace(os.path.realpath(name), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CnngradError(f"{_shown(name)}: {_reason(error)}; {says}") from None


def _mode(name: str) -> int:
    """What kind of thing is there; a new file, or one that a link promises, is a file."""
    try:
        return os.stat(name).st_mode
    except FileNotFoundError:
        return stat.S_IFREG


def _shown(name: str) -> str:
    """The name of a file in a message: whole unless it is so long that no file has it."""
    return escape(name) if len(name) <= 1000 else f"{escape(name[:80])}..."


def _replace(path: str, data: bytes) -> None:
    """Replace a file atomically: it holds the old bytes or the new, whatever goes wrong."""
    temporary = os.path.join(os.path.dirname(path), f".cnngrad-{os.urandom(8).hex()}")
    UNFINISHED.add(temporary)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        UNFINISHED.discard(temporary)


def _opened(name: str, mode: int) -> int:
    """A device, a pipe or a socket, opened for writing; opening a pipe does not wait for a reader."""
    if stat.S_ISSOCK(mode):
        raise OSError(errno.ENXIO, "is a socket")
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(name, flags)
    except OSError as error:
        if stat.S_ISFIFO(mode) and error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads this pipe") from None
        raise
    os.set_blocking(descriptor, True)
    return descriptor


def _write_through(descriptor: int, data: bytes) -> None:
    """A device such as /dev/null cannot be replaced, only written."""
    with open(descriptor, "wb", buffering=0) as device:
        _put_all(data, device)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ValueError) or error.errno == errno.EBADF:
        return "it is not open for writing"
    return error.strerror or str(error)
