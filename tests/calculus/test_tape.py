"""The tape: the order of the steps reversed, gradients added at forks, a loop and no recursion."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.tape import Amendments, Composite, Tape, with_forward

ADD, MUL = GATES["add"], GATES["mul"]


@dataclass
class Spy:
    """Adds its inputs, passes the upstream gradient on, and notes its calls."""

    name: str
    heard: list[str] = field(default_factory=list)
    silent: tuple[int, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        self.heard.append(f"forward {self.name}")
        return sum(inputs)

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        self.heard.append(f"backward {self.name}")
        assert output == sum(inputs)
        return [None if i in self.silent else upstream for i in range(len(inputs))]


def placed(**values: Any) -> Tape:
    """A tape with values on it."""
    tape = Tape()
    for name, value in values.items():
        assert tape.place(name, value) == name
    return tape


def test_a_square_is_a_fork() -> None:
    tape = placed(x=3.0)
    assert tape.record("f", MUL, "x", "x") == "f"
    found = tape.backward({"f": 1.0})
    assert tape.values == {"x": 3, "f": 9}
    assert found.parts == {"f": (3, 3)}
    assert found.total == {"f": 1, "x": 3 + 3}


def test_a_value_used_three_times_adds_three_paths() -> None:
    # f = x*y + x*x at x = 3, y = -4
    tape = placed(x=3.0, y=-4.0)
    tape.record("p", MUL, "x", "y")
    tape.record("q", MUL, "x", "x")
    tape.record("f", ADD, "p", "q")
    found = tape.backward({"f": 10.0})
    assert tape.values["f"] == -12 + 9
    assert found.parts == {"f": (10, 10), "q": (30, 30), "p": (-40, 30)}
    assert found.total["x"] == 10 * (-4 + 3 + 3)
    assert found.total["y"] == 10 * 3


def test_a_value_in_the_middle_adds_its_paths_before_it_passes_them_on() -> None:
    # s = 2x, f = s*s: df/dx = 2*s*2
    tape = placed(x=5.0, two=2.0)
    tape.record("s", MUL, "two", "x")
    tape.record("f", MUL, "s", "s")
    found = tape.backward({"f": 1.0})
    assert found.total["s"] == 10 + 10
    assert found.total["x"] == 20 * 2
    assert found.parts["s"] == (20 * 5, 20 * 2)


def test_steps_run_in_order_and_back_in_reverse_each_once() -> None:
    heard: list[str] = []
    tape = placed(x=1)
    tape.record("a", Spy("a", heard), "x")
    tape.record("b", Spy("b", heard), "a", "x")
    tape.record("c", Spy("c", heard), "a", "b", "b")
    found = tape.backward({"c": 1})
    forth = ["forward a", "forward b", "forward c"]
    assert heard == [*forth, "backward c", "backward b", "backward a"]
    assert list(found.parts) == ["c", "b", "a"]
    # c = a + 2b, b = a + x, a = x
    assert found.total == {"c": 1, "b": 2, "a": 1 + 2, "x": 2 + 3}


def test_parts_stand_in_the_order_of_the_inputs() -> None:
    tape = placed(x=2.0, y=5.0)
    tape.record("f", GATES["sub"], "y", "x")
    assert tape.backward({"f": 3.0}).parts == {"f": (3, -3)}


def test_ten_thousand_steps_need_no_recursion() -> None:
    steps = 10_000
    assert steps > sys.getrecursionlimit()
    tape = placed(t0=0.0, one=1.0)
    for i in range(steps):
        tape.record(f"t{i + 1}", ADD, f"t{i}", "one")
    found = tape.backward({f"t{steps}": 2.0})
    assert tape.values[f"t{steps}"] == steps
    assert found.total["t0"] == 2
    assert found.total["one"] == 2 * steps


def test_ten_thousand_forks_in_a_row_are_walked_once_each() -> None:
    # t -> t + t doubles; 2**60 paths are added without being walked
    tape = placed(t0=1)
    for i in range(60):
        tape.record(f"t{i + 1}", ADD, f"t{i}", f"t{i}")
    assert tape.backward({"t60": 1}).total["t0"] == 2**60


def test_what_the_output_does_not_depend_on_has_no_gradient() -> None:
    tape = placed(x=1.0, y=2.0, z=3.0)
    tape.record("f", MUL, "x", "x")
    tape.record("g", MUL, "y", "x")
    found = tape.backward({"f": 1.0})
    assert found.total == {"f": 1, "x": 2}
    assert found.parts.keys() == {"f"}


def test_steps_after_the_output_are_not_run_back() -> None:
    heard: list[str] = []
    tape = placed(x=1)
    tape.record("f", Spy("f", heard), "x")
    tape.record("later", Spy("later", heard), "f")
    assert tape.backward({"f": 1}).total == {"f": 1, "x": 1}
    assert heard == ["forward f", "forward later", "backward f"]


def test_none_passes_nothing() -> None:
    tape = placed(x=1, y=2)
    tape.record("f", Spy("f", silent=(1,)), "x", "y")
    found = tape.backward({"f": 7})
    assert found.parts == {"f": (7, None)}
    assert found.total == {"f": 7, "x": 7}


def test_none_on_one_path_leaves_the_other() -> None:
    tape = placed(x=1)
    tape.record("f", Spy("f", silent=(0, 2)), "x", "x", "x")
    assert tape.backward({"f": 7}).total == {"f": 7, "x": 7}


def test_behind_none_no_step_runs_back() -> None:
    heard: list[str] = []
    tape = placed(x=1)
    tape.record("a", Spy("a", heard), "x")
    tape.record("f", Spy("f", silent=(0,)), "a")
    assert tape.backward({"f": 1}).total == {"f": 1}
    assert heard == ["forward a"]


def test_several_outputs_add_up() -> None:
    tape = placed(x=2.0, y=3.0)
    tape.record("f", MUL, "x", "y")
    tape.record("g", ADD, "f", "x")
    found = tape.backward({"f": 10.0, "g": 1.0})
    assert found.total == {"f": 10 + 1, "g": 1, "x": 1 + 11 * 3, "y": 11 * 2}


def test_the_upstream_mapping_and_the_values_stay_as_they_were() -> None:
    tape = placed(x=np.array([1.0, 2]))
    tape.record("f", MUL, "x", "x")
    upstream = {"f": np.array([1.0, 10])}
    first, second = (tape.backward(upstream).total["x"].tolist() for _ in range(2))
    assert first == second == [2 * 1, 2 * 2 * 10]
    assert upstream.keys() == {"f"}
    assert upstream["f"].tolist() == [1, 10]
    assert tape.values["x"].tolist() == [1, 2]


def test_fractions_stay_fractions() -> None:
    tape = placed(x=Fraction(1, 3))
    tape.record("f", MUL, "x", "x")
    assert tape.backward({"f": Fraction(1)}).total["x"] == Fraction(2, 3)
    assert type(tape.values["f"]) is Fraction


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="'y'"):
        placed(x=1.0).record("f", ADD, "x", "y")


class Cube(Composite):
    """x*x*x as one operation; the second input is not used."""

    def record(self, tape: Tape, *inputs: str) -> str:
        tape.record("square", MUL, inputs[0], inputs[0])
        return tape.record("cube", MUL, "square", inputs[0])


def test_a_composite_is_differentiated_by_its_own_tape() -> None:
    tape = placed(x=2.0, y=7.0)
    tape.record("f", Cube(), "x", "y")
    found = tape.backward({"f": 5.0})
    assert tape.values["f"] == 8
    assert found.parts == {"f": (5 * 3 * 4, None)}
    assert found.total == {"f": 5, "x": 60}


@dataclass(frozen=True)
class Doubled:
    """An operation that passes back twice what it should."""

    inner: Any

    def forward(self, *inputs: Any) -> Any:
        return self.inner.forward(*inputs)

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        return [2 * gradient for gradient in self.inner.backward(upstream, output, *inputs)]


def amended(amendments: Amendments) -> Tape:
    """s = (x*y) + x at x = 3, y = 5: 18, with dx = 5 + 1 and dy = 3."""
    tape = Tape(amendments)
    tape.place("x", 3)
    tape.place("y", 5)
    tape.record("p", MUL, "x", "y")
    tape.record("s", ADD, "p", "x")
    return tape


def test_an_amended_value_is_what_later_steps_see() -> None:
    tape = amended(Amendments(values={"p": 10}))
    assert tape.values["s"] == 13


def test_an_amended_operation_is_the_one_on_the_tape() -> None:
    tape = amended(Amendments(operations={"p": Doubled}))
    assert tape.values["s"] == 18
    assert tape.backward({"s": 1}).total == {"s": 1, "p": 1, "x": 1 + 2 * 5, "y": 2 * 3}


def test_another_output_is_gone_back_from_as_it_should() -> None:
    tape = amended(Amendments(operations={"p": with_forward(lambda p, x, y: p + x)}))
    assert tape.values["s"] == 15 + 3 + 3
    assert tape.backward({"s": 1}).total == {"s": 1, "p": 1, "x": 1 + 5, "y": 3}


def test_the_rule_of_forks_can_be_another() -> None:
    def last(_: str, before: Any, now: Any) -> Any:
        return now

    assert amended(Amendments(arrive=last)).backward({"s": 1}).total["x"] == 5
    assert amended(Amendments()).backward({"s": 1}).total["x"] == 6
