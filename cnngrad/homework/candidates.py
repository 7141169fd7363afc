"""The table of the classical mistakes, each with its computation. A new mistake is a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Attempt, LayerAttempt, Mistake, same
from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation import mistakes as activation
from cnngrad.ops.conv import mistakes_da as conv_input
from cnngrad.ops.conv import mistakes_dw_db as conv_kernel
from cnngrad.ops.conv import mistakes_z as conv_forward
from cnngrad.ops.dense import mistakes as dense
from cnngrad.ops.graph import mistakes as graph
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.graph.mistakes import GraphAttempt
from cnngrad.ops.network import mistakes as network
from cnngrad.ops.network.mistakes import NetworkAttempt
from cnngrad.ops.network.mistakes_in_layers import travelling
from cnngrad.ops.network.network import LOSS, NetworkExercise
from cnngrad.ops.pool import mistakes as pool_forward
from cnngrad.ops.pool import mistakes_da as pool_gradient
from cnngrad.ops.rnn import mistakes as rnn
from cnngrad.ops.rnn.mistakes import RnnAttempt

TABLE: tuple[Mistake, ...] = (
    *conv_forward.ROWS,
    *conv_input.ROWS,
    *conv_kernel.ROWS,
    *pool_forward.ROWS,
    *pool_gradient.ROWS,
    *activation.ROWS,
    *dense.ROWS,
    *network.ROWS,
    *graph.ROWS,
    *rnn.ROWS,
)
ATTEMPTS: dict[str, Callable[..., Attempt]] = {
    **dict.fromkeys(("conv", "pool", "dense", "activation", "flatten", "residual", "batch_norm"), LayerAttempt.at),
    "network": NetworkAttempt.at,
    "graph": GraphAttempt.at,
    "rnn": RnnAttempt.at,
}


def rows(op: str, quantity: str) -> list[Mistake]:
    """The rows about a quantity of an op."""
    return [row for row in TABLE if row.op == op and quantity in row.quantities]


def attempt_of(exercise: Exercise, quantity: str, decimals: int = 17) -> Attempt:
    """The right way to compute a quantity of any exercise."""
    return ATTEMPTS[exercise.op](exercise, quantity, decimals)


@dataclass(frozen=True)
class Suspect:
    """A mistake that somebody may have made, and the attempt that it spoils."""

    mistake: Mistake
    attempt: Attempt

    def results(self) -> list[Array]:
        """The numbers that it gives."""
        return self.mistake.results(self.attempt)

    def usual(self) -> Array | None:
        """Those of the usual way to make it."""
        return self.mistake.usual(self.attempt)

    def wrong_results(self, truth: Array) -> list[Array]:
        """Those that differ from the truth."""
        return [result for result in self.results() if not same(result, truth)]

    def then(self, other: Suspect) -> Iterator[Suspect]:
        """The other mistake made after this one, once for each way of making this one."""
        return (Suspect(other.mistake, variant) for variant in self.mistake.variants(self.attempt))


def suspects(exercise: Exercise, quantity: str, decimals: int = 17) -> list[Suspect]:
    """Every mistake that may stand behind a wrong `quantity`, those of its own layer first."""
    attempt = attempt_of(exercise, quantity, decimals)
    if not isinstance(exercise, NetworkExercise):
        kind = _kind_in_graph(exercise, quantity) if isinstance(exercise, GraphExercise) else quantity
        return [Suspect(row, attempt) for row in rows(exercise.op, kind)]
    own = own_suspects(exercise, quantity, decimals)
    known = [Suspect(row, attempt) for row in rows("network", _kind_in_network(exercise, quantity))]
    return [*own, *known, *(Suspect(row, attempt) for row in travelling(exercise, quantity, rows, attempt_of))]


def own_suspects(exercise: NetworkExercise, quantity: str, decimals: int = 17) -> list[Suspect]:
    """The mistakes of the layer itself, given what reaches it."""
    owner, _, symbol = quantity.rpartition(".")
    if owner not in exercise.parts or quantity in exercise.parameters:
        return []
    part = exercise.parts[owner][0]
    found = rows(part.op, symbol)
    attempt = attempt_of(part, symbol, decimals) if found else None
    return [Suspect(row, attempt) for row in found if attempt is not None]


def _kind_in_graph(exercise: GraphExercise, quantity: str) -> str:
    return "value" if quantity in exercise.tape.values else "gradient"


def _kind_in_network(exercise: NetworkExercise, quantity: str) -> str:
    if quantity in exercise.parameters:
        return "update"
    if quantity == LOSS:
        return LOSS
    return "gradient" if quantity.rpartition(".")[2].startswith("d") else "value"
