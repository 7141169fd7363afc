"""What goes through the pipe of a worker: frames, each a header and as many bytes as it says.

A request is the pickle of an item; a reply is the pickle of a pair, what it is (`Reply`) and its content.
"""

from __future__ import annotations

import struct

MARK = b"cnng"
HEADER = struct.Struct("<4sIIQ")
"""The mark, the number of the item, the microseconds that it took (0 in a request), the bytes that follow."""
SETUP = 0
"""The number of the first frame in both directions: the work itself, and that the worker is ready for items."""


class Reply:
    """What a reply is; plain words, so that a worker needs no other module to send one."""

    READY = "ready"
    UNUSABLE = "unusable"  # the work cannot be loaded: why
    CRAMPED = "cramped"  # the bound on memory leaves nothing to work with
    VALUE = "value"
    PROBLEM = "problem"  # a Problem: what the work found wrong with its item
    RAISED = "raised"  # the text of an exception that the work did not expect
    MEMORY = "memory"
    UNREADABLE = "unreadable"  # the item cannot be made from its pickle: the name of the exception
    LOST = "lost"  # the value cannot be made from its pickle, which the program finds: the name of the exception
    UNSENDABLE = "unsendable"  # the value has no pickle: the name of its type


def frame(number: int, payload: bytes, microseconds: int = 0) -> bytes:
    """The bytes of one frame."""
    return HEADER.pack(MARK, number, min(microseconds, 2**32 - 1), len(payload)) + payload
