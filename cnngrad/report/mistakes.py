"""The known mistakes, listed and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.op import Ops
from cnngrad.report.blocks import Block, Heading, Page, words
from cnngrad.report.record import FORMAT
from cnngrad.wording import counted

Known = Sequence[Mistake]
"""Rows of the ops, in their order: one mistake may have several, with other words for other quantities."""
Slips = Mapping[str, str]
"""What goes wrong in a few cells, by the id of the slip."""


def mistakes_page(known: Known, slips: Slips, ops: Ops) -> Page:
    """The mistakes of each op, with what is done, and the slips."""
    blocks: list[Block] = [words(f"{counted(len(_by(known, _id)), 'known mistake')}")]
    for op, rows in _by(known, lambda row: row.op).items():
        blocks.append(Heading(ops[op].title))
        blocks += [words(f"{id_}: {same[0].says}", indent=2, hang=4) for id_, same in _by(rows, _id).items()]
    blocks += [
        Heading("Slips in a few cells"),
        *(words(f"{id_}: {says}", indent=2, hang=4) for id_, says in slips.items()),
    ]
    return (*blocks, words(""), words("name one, and what an exercise needs to show it is said too"))


def explained_page(known: Known, slips: Slips, ops: Ops) -> Page:
    """Each of some mistakes, in all its forms; each of some slips."""
    blocks: list[Block] = []
    for id_, rows in _by(known, _id).items():
        blocks.append(Heading(id_))
        for (says, ask, needs), same in _by(rows, lambda row: (row.says, row.ask, row.needs)).items():
            blocks += _explained(_titles(same, ops), says, ask, needs)
    for id_, says in slips.items():
        blocks += [Heading(id_), words("A slip in a few cells"), words(f"what is done: {says}", indent=2, hang=2)]
    return tuple(blocks)


def _explained(places: str, says: str, ask: str, needs: str) -> Iterator[Block]:
    yield words(places)
    lines = {"what is done": says, "shows with": needs or "any exercise", "question": ask}
    for label, text in lines.items():
        yield words(f"{label}: {text}", indent=2, hang=2)


def mistakes_record(known: Known, slips: Slips) -> dict[str, Any]:
    """The JSON object: one entry for each mistake of an op, and for each slip."""
    each = [
        {
            "id": row.id,
            "op": row.op,
            "quantities": list(row.quantities),
            "says": row.says,
            "ask": row.ask,
            "needs": row.needs,
        }
        for row in known
    ]
    return {"format": FORMAT, "mistakes": each, "slips": [{"id": id_, "says": says} for id_, says in slips.items()]}


def _by(rows: Known, key: Callable[[Mistake], Any]) -> Mapping[Any, list[Mistake]]:
    found: dict[Any, list[Mistake]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _id(row: Mistake) -> str:
    return row.id


def _titles(rows: Known, ops: Ops) -> str:
    """`Convolution: dA, dW; pooling: dA`."""
    found = _by(rows, lambda row: row.op)
    quantities = {op: ", ".join(dict.fromkeys(q for row in same for q in row.quantities)) for op, same in found.items()}
    return "; ".join(f"{ops[op].title}: {names}" for op, names in quantities.items())
