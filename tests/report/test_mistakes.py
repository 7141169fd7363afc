"""The known mistakes, listed and explained."""

from __future__ import annotations

import json

from claims import SLIPS
from commands import cnngrad

import cnngrad as library
from cnngrad.homework.slips import KNOWN
from cnngrad.ops import OPS

EXPLAINED = """\
unweighted

Dense layer: dA
  what is done: the upstream gradients were added up without the weights
  shows with: weights that are not all ones
  question: By what is each neuron's gradient multiplied on its way back?
"""


def test_every_mistake_is_listed_with_its_op() -> None:
    lines = cnngrad("mistakes").out.splitlines()
    for op in OPS.values():
        start = lines.index(op.title) + 1 if op.part("ROWS") else 0
        for row in op.part("ROWS") or ():
            assert any(line.startswith(f"  {row.id}: ") for line in lines[start:]), row.id
    ids = {row.id for op in OPS.values() for row in op.part("ROWS") or ()} | {"constant-factor"}
    assert lines[0] == f"{len(ids)} known mistakes"
    assert sum(line.startswith("  constant-factor: ") for line in lines) == len(OPS)


def test_one_mistake_in_full() -> None:
    assert cnngrad("mistakes", "unweighted", "--format", "text").out == EXPLAINED
    assert cnngrad("mistakes", "unweighted").out == EXPLAINED.replace("\n\n", "\n")
    assert str(library.mistakes("unweighted")) == EXPLAINED


def test_a_mistake_with_several_forms_has_each() -> None:
    said = cnngrad("mistakes", "stride-ignored").out
    assert said.count("what is done: ") == said.count("question: ") == 3
    assert "\nConvolution: Z; Pooling: Z, mask, argmax, dA\n" in said


def test_the_record_has_one_entry_for_each_row() -> None:
    each = json.loads(cnngrad("mistakes", "mask-from-delta", "--format", "json").out)
    (row,) = each["mistakes"]
    assert (each["format"], row["id"], row["op"], row["quantities"]) == (1, "mask-from-delta", "activation", ["dA"])
    assert set(row) == {"id", "op", "quantities", "says", "ask", "needs"}
    assert library.mistakes("mask-from-delta").to_dict() == each
    assert each["slips"] == []


def test_an_unknown_id_gets_a_suggestion() -> None:
    for id_, hint in (("overwriten", "; did you mean 'overwritten'?"), ("qqq", "; without an id all are listed")):
        done = cnngrad("mistakes", id_)
        assert (done.code, done.out, done.err) == (2, "", f"error: '{id_}' is no known mistake{hint}\n")


SLIP = """\
term-sign

A slip in a few cells
  what is done: one term of a cell's sum has the wrong sign
"""


def test_slips_are_listed_and_explained_too() -> None:
    assert str(library.mistakes("term-sign")) == SLIP
    assert SLIPS.keys() == KNOWN.keys(), "a test recomputes each that is known"
    for id_, says in KNOWN.items():
        assert f"\n  {id_}: {says}\n" in cnngrad("mistakes").out
