"""Where a result goes: stdout, or a file that is replaced as a whole."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cnngrad.errors import CnngradError, escape

if TYPE_CHECKING:
    from cnngrad.render import Look

ASCII = str.maketrans("∂·╭╮╰╯│─├┤┬┴┼└✓✗", "d.++++|-+++++`+x")
"""What stands for line drawing where the terminal has none."""


def look(color: str, output: str | None) -> Look:
    """Width, colour and line drawing of where the result goes."""
    from cnngrad.render import Look

    to_terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if to_terminal else None
    return Look(width, _color(color, to_terminal), ascii_only=output is None and not _draws_lines(sys.stdout))


def write(text: str, output: str | None) -> None:
    """Write `text` to a file, or to stdout."""
    if output is not None:
        _replace(Path(output), text)
        return
    if not _draws_lines(sys.stdout):
        text = text.translate(ASCII).encode("ascii", "backslashreplace").decode()
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer would fail once more when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CnngradError(f"standard output: {error.strerror}; the result is not complete") from None


def _color(choice: str, to_terminal: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (to_terminal and os.environ.get("TERM") != "dumb")


def _draws_lines(stream: TextIO) -> bool:
    try:
        "╭∂".encode(stream.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _replace(path: Path, text: str) -> None:
    """Replace a file atomically: it holds the old text or the new, whatever goes wrong."""
    if path.exists() and not path.is_file():
        _write_through(path, text)
        return
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".cnngrad-", delete=False
        ) as file:
            temporary = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            os.chmod(temporary, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path.resolve() if path.is_symlink() else path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise CnngradError(f"{escape(str(path))}: {error.strerror}; the file is as it was") from None


def _write_through(path: Path, text: str) -> None:
    """A device such as /dev/null cannot be replaced, only written."""
    try:
        with open(path, "w", encoding="utf-8") as device:
            device.write(text)
    except OSError as error:
        raise CnngradError(f"{escape(str(path))}: {error.strerror}; nothing can be written there") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
