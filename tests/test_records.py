"""The dataclasses of the package do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any

import numpy as np
import pytest

from cnngrad import records
from cnngrad.records import dataclass


@dataclass(frozen=True)
class Place:
    """A place."""

    line: int
    column: int = 1
    seen: list[int] = field(default_factory=list, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Slotted:
    """One with slots."""

    first: Any
    second: Any = None


@dataclass(slots=True)
class Counted:
    """One that changes, with a field that is no parameter."""

    text: str
    count: int = field(init=False)
    kept: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.count = len(self.text)


@dataclass(frozen=True, kw_only=True)
class Named(Place):
    """A subclass."""

    name: str = "A"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


@dataclass(frozen=True)
class Single:
    """One field."""

    value: Any


def _error(call: Any, *arguments: Any) -> str:
    with pytest.raises((TypeError, AttributeError)) as caught:
        call(*arguments)
    return str(caught.value)


def test_an_object_has_its_fields_however_they_are_given() -> None:
    assert (Place(3).line, Place(3).column, Place(3).seen) == (3, 1, [])
    assert Place(3).seen is not Place(3).seen
    assert (Place(column=4, line=2), Place(2, 4)) == (Place(2, 4), Place(2, 4, [5]))
    assert (Counted("abc").text, Counted("abc").count, Counted("abc").kept) == ("abc", 3, [])
    named = Named(line=1, name="Z")
    assert (named.line, named.column, named.seen, named.name) == (1, 1, [], "Z")


def test_wrong_arguments_are_refused_as_those_of_a_function() -> None:
    assert _error(Place) == "Place.__init__() missing 1 required positional argument: 'line'"
    assert _error(lambda: Place(1, row=2)) == "Place.__init__() got an unexpected keyword argument 'row'"  # type: ignore[call-arg]
    assert _error(Named, 1, 2, [], "Z") == "Named.__init__() takes from 2 to 4 positional arguments but 5 were given"


def test_a_frozen_object_does_not_change() -> None:
    place = Place(1)
    assert _error(setattr, place, "line", 2) == "cannot assign to field 'line'"
    assert _error(setattr, place, "other", 2) == "cannot assign to field 'other'"
    assert _error(delattr, place, "line") == "cannot delete field 'line'"
    assert _error(setattr, Slotted(1), "first", 2) == "cannot assign to field 'first'"
    with pytest.raises(dataclasses.FrozenInstanceError):
        place.line = 2  # type: ignore[misc]
    assert place.line == 1


def test_what_an_ordinary_subclass_adds_can_change() -> None:
    class Marked(Place):
        """A place with a note."""

        note = ""

    marked = Marked(1)
    marked.note = "x"
    assert (marked.note, _error(setattr, marked, "line", 2)) == ("x", "cannot assign to field 'line'")


def test_equal_are_objects_of_one_class_with_equal_fields() -> None:
    array = np.array([1, 2])
    assert Place(1, 2) == Place(1, 2, [9])
    assert Place(1, 2) != Place(1, 3)
    assert Slotted(1, 2).__eq__(Place(1, 2)) is NotImplemented
    assert Single(array) == Single(array)  # the same object, as in a tuple
    assert hash(Place(1, 2)) == hash((1, 2))
    assert (hash(Single(3)), hash(Slotted(1, 2))) == (hash((3,)), hash((1, 2)))
    assert Named(line=1) == 5
    assert hash(Named(line=1)) == 7
    assert _error(hash, Counted("a")) == "unhashable type: 'Counted'"


def test_an_object_is_printed_with_its_fields() -> None:
    assert repr(Place(1, 2)) == "Place(line=1, column=2)"
    assert repr(Slotted("a")) == "Slotted(first='a', second=None)"
    rounds: list[Any] = []
    rounds.append(Single(rounds))
    assert repr(rounds[0]) == "Single(value=[...])"


def test_fields_are_known_before_there_is_an_object() -> None:
    @dataclass(frozen=True)
    class New:
        """No object of it was made."""

        a: int
        b: int = 2

    assert [each.name for each in dataclasses.fields(New)] == ["a", "b"]
    assert (New.b, New.__match_args__) == (2, ("a", "b"))
    assert dataclasses.replace(New(1), b=5) == New(1, 5)
    assert dataclasses.asdict(New(1)) == {"a": 1, "b": 2}
    match New(1):
        case New(a, b):
            assert (a, b) == (1, 2)


@pytest.mark.parametrize("given", [Place(1, 2), Slotted(1, "x"), Counted("abc"), Named(line=2, name="B")])
def test_an_object_is_copied_and_pickled_whole(given: Any) -> None:
    for again in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert type(again) is type(given)
        assert dataclasses.asdict(again) == dataclasses.asdict(given)


def test_an_object_can_be_read_before_one_of_its_class_was_made() -> None:
    @dataclass(frozen=True, slots=True)
    class Read:
        """As in a process that only reads."""

        a: int

    unmade = object.__new__(Read)
    unmade.__setstate__([4])  # type: ignore[attr-defined]
    assert (unmade.a, unmade == Read(4), repr(unmade).rpartition(".")[2]) == (4, True, "Read(a=4)")


def test_methods_are_those_of_the_standard_library_for_the_same_class() -> None:
    """For each way in which classes of the package are defined."""
    ways: list[dict[str, Any]] = [{}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True}, {"eq": False}]
    for way in [*ways, {"order": True}, {"kw_only": True}]:
        body = {"__annotations__": {"a": int, "b": int}, "b": 2, "__doc__": "x", "__module__": __name__}
        ours: Any = records.dataclass(**way)(type("C", (), dict(body)))
        theirs: Any = dataclasses.dataclass(**way)(type("C", (), dict(body)))
        assert repr(ours(a=1)) == repr(theirs(a=1))
        assert (ours(a=1) == ours(a=1)) == (theirs(a=1) == theirs(a=1))
        assert (ours.__hash__ is None) == (theirs.__hash__ is None)
        assert {*vars(ours)} - {"__getstate__"} >= {*vars(theirs)} - {"__getstate__"}
