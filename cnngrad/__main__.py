"""`python -m cnngrad` and the console script.

Only modules that the interpreter itself has loaded are imported at the top: an interrupt may come while the others
are imported, and it ends the program in the same way then.
"""

import _signal as signal  # type: ignore[import-not-found]  # `signal` without its imports
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_INTERRUPTED = 130
_ENDING = ("SIGINT", "SIGTERM")
_GARBAGE = 50_000
"""Objects that are new since the last look for cycles before the next: by 700 at a time, Python's own number, what is
imported was looked at 60 times, 4 % of a short command."""


def main() -> None:
    """Run the command line and exit with its code."""
    _on_signals(_stop)
    _occupy_closed_streams()
    import gc

    gc.set_threshold(_GARBAGE)
    from cnngrad.cli.main import invoke

    code = invoke(sys.argv[1:])
    _on_signals(signal.SIG_IGN)  # all is written: only the interpreter has work left
    _drop_what_is_left()
    gc.freeze()  # at exit Python looks for cycles in all that was imported: a tenth of a short command
    sys.exit(code)


def _on_signals(handler: object) -> None:
    """What an interrupt does; one that was ignored from the start (a job in the background) stays ignored."""
    for name in _ENDING:
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _stop(*_: object) -> None:
    """End at once, wherever the program is; an output file that is not complete is taken away."""
    for name in tuple(getattr(sys.modules.get("cnngrad.cli.output"), "UNFINISHED", ())):
        _quietly(os.unlink, name)
    _quietly(os.write, 2, b"interrupted\n")
    os._exit(_INTERRUPTED)


def _occupy_closed_streams() -> None:
    """No file that is opened later takes the number of a closed stdin, stdout or stderr.

    What is opened there can be written where reading is meant, and read where writing is meant: any use of it fails.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def _drop_what_is_left() -> None:
    """What a stream could not take would fail once more, and change the exit code, when Python exits."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _quietly(act: "Callable[..., object]", *arguments: object) -> object:
    try:
        return act(*arguments)
    except OSError:
        return None


if __name__ == "__main__":
    main()
