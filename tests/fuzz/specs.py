"""A spec for any op: the registry of the tables of keys."""

from __future__ import annotations

from collections.abc import Callable

from . import layers, networks, scalars
from .cells import cells_of
from .draw import Draw
from .plan import Keys, Plan, make

OPS: dict[str, Keys] = {**layers.OPS, "network": networks.NETWORK, **scalars.OPS}
"""The keys of every op."""
PLACES: dict[str, Callable[[Plan], None]] = {**layers.PLACES, "network": networks.place, **scalars.PLACES}
WEIGHTS = {
    "conv": 5.0,
    "pool": 5.0,
    "dense": 1.5,
    "activation": 1.0,
    "network": 2.5,
    "graph": 3.0,
    "rnn": 2.0,
    "batch_norm": 1.0,
}
"""How often a command that takes any op gets this one."""


def spec_of(draw: Draw, op: str) -> Plan:
    """A whole spec, as the plan that it was made by."""
    plan = Plan(draw, cells_of(draw))
    PLACES[op](plan)
    make(plan, OPS[op])
    return plan
