"""Wrong runs of a network, each made once for all of its quantities."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import field, replace
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Amendments
from cnngrad.records import dataclass

MOST = 20_000
"""Numbers in the right run of a network whose wrong ones are kept: those of a larger one would take much memory."""


@dataclass(frozen=True)
class Runs:
    """The networks that depart from a right one in ways that are known by a key."""

    right: Any
    _by_key: dict[Hashable, tuple[Amendments, ...]] = field(default_factory=dict)
    _by_amendments: dict[int, Any] = field(default_factory=dict)

    def amended(self, amendments: Amendments) -> Any:
        """The network as it is amended, with all that it has computed before."""
        if amendments is self.right.amendments:
            return self.right
        return self._by_amendments.get(id(amendments)) or replace(self.right, amendments=amendments)

    def kept(self, key: Hashable, made: Callable[[], Iterable[Amendments]]) -> Iterable[Amendments]:
        """What `made` gives: the same objects when the key comes again, which have their runs."""
        if key not in self._by_key:
            if sum(map(np.size, self.right.tape.values.values())) > MOST:
                return made()
            self._by_key[key] = tuple(made())
            self._by_amendments.update((id(each), replace(self.right, amendments=each)) for each in self._by_key[key])
        return self._by_key[key]
