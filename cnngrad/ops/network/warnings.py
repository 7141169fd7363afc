"""What of a network is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.ops.network.network import NetworkExercise


def warnings(exercise: NetworkExercise) -> Iterator[str]:
    """A last layer that computes what the loss computes by itself."""
    loss, last = exercise.loss_of, exercise.layers[-1]
    settings, rank = last.layer.settings(), len(last.layer.output.shape)
    function = settings.get("function")
    if loss is None or not loss.row.of_rows or function not in ("softmax", "log_softmax"):
        return
    if settings["axis"] % rank == loss.axis % rank:
        twice = "softmax is applied twice" if function == "softmax" else "the first one changes nothing"
        yield f"{last.name}: {loss.op} has {function} inside, so that {twice}; leave {last.name} out"
