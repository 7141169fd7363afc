"""Where a result goes: stdout, or a file that is replaced as a whole; and what is said on stderr."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from cnngrad.cli.devices import ClosedPipeError, Device, put_all, reason, shown
from cnngrad.errors import CnngradError, escape, excerpt

if TYPE_CHECKING:
    from cnngrad.cli.options import Request
    from cnngrad.render import Look

ASCII = str.maketrans("∂·╭╮╰╯│─├┤┬┴┼└✓✗≈→○", "d.++++|-+++++`+x=>o")
"""What is written for line drawing where the terminal has none."""
NARROWEST = 20
"""Columns that a page has at least: fewer hold no number beside its index."""
UNFINISHED: set[str] = set()
"""Temporary files that are being written; what ends the program at once takes them away."""


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
            raise CnngradError(f"standard output: {reason(error)}; the result is not complete") from None
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
    width = width or (_terminal_width() if to_terminal else _exported_width())
    return Look(width, wants_color(color, to_terminal), ascii_only=output is None and not _draws_lines(sys.stdout))


def show_as(request: Request, makers: Mapping[str, Callable[[], Any]]) -> None:
    """Write what the chosen format takes to the chosen place; the makers of the rest are not called."""
    from cnngrad.render import FORMATS, parts

    takes = FORMATS[request.format].takes
    if takes not in makers:
        says = f"{request.format} draws the result of a graph or a network; take another format here"
        raise CnngradError(f"--format: {says}")
    seen = look(request.color, request.output, request.width)
    write_parts(parts(request.format, makers[takes](), seen), request.output)


def _terminal_width() -> int:
    import shutil  # with those of all kinds of archives

    return shutil.get_terminal_size().columns


def _exported_width() -> int | None:
    """The number of columns that the environment asks for, where a pipe or a file has none by itself."""
    text = os.environ.get("COLUMNS", "")
    columns = int(text) if re.fullmatch("[0-9]{1,5}", text) else 0
    return max(columns, NARROWEST) if columns else None


def write(text: str, output: str | None) -> None:
    """Write `text` to a file, or to stdout."""
    write_parts((text,), output)


def write_parts(parts: Iterable[str], output: str | None) -> None:
    """Write a text that comes in parts to a file, which holds all of it or what it held before, or to stdout."""
    if output is None:
        for part in parts:
            sys.stdout.write(part)
        return
    try:
        # A name from outside may hold what is no character; a backslash keeps JSON valid.
        _save(output, (part.encode("utf-8", "backslashreplace") for part in parts))
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
        put_all(data, file)
    else:
        stream.write(text)
        stream.flush()


def wants_color(choice: str, to_terminal: bool) -> bool:
    """Whether what goes to a terminal, or not to one, is in colour."""
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


def _save(name: str, data: Iterable[bytes]) -> None:
    """Put `data` where `name` is: in place of a file, or into a device, a pipe or an open descriptor."""
    if (device := Device.at(name)) is not None:
        with device:
            for part in data:
                device.put(part)
        return
    try:
        _replace(os.path.realpath(name), data)
    except OSError as error:
        raise CnngradError(f"{shown(name)}: {reason(error)}; the file is as it was") from None


def _replace(path: str, data: Iterable[bytes]) -> None:
    """Replace a file atomically: it holds the old bytes or the new, whatever goes wrong."""
    temporary = os.path.join(os.path.dirname(path), f".cnngrad-{os.urandom(8).hex()}")
    UNFINISHED.add(temporary)
    try:
        with open(temporary, "xb") as file:
            file.writelines(data)
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
