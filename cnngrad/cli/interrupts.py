"""SIGINT and SIGTERM while many items are under way: what is being written is finished first."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any, Self

from cnngrad.errors import Exit

_ENDING = ("SIGINT", "SIGTERM")


class Interrupts:
    """Within this context the first of these signals raises KeyboardInterrupt, but not inside `with held()`, only
    behind it; the second ends the program at once. One that was ignored from the start stays ignored."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._held = False
        self._asked = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # only there Python lets handlers be set
            for number in (int(getattr(signal, name)) for name in _ENDING):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def held(self) -> _Held:
        """A context that no signal interrupts; one that came in it is heard at its end."""
        return _Held(self)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            before = self._before[number]
            if callable(before) and before is not signal.default_int_handler:
                before(number, frame)
            os._exit(Exit.INTERRUPTED)
        self._asked = True
        if not self._held:
            raise KeyboardInterrupt


class _Held:
    def __init__(self, interrupts: Interrupts) -> None:
        self._of = interrupts

    def __enter__(self) -> None:
        self._of._held = True

    def __exit__(self, *_: object) -> None:
        self._of._held = False
        if self._of._asked:
            raise KeyboardInterrupt
