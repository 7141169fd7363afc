"""`dataclass`, as in the standard library, but nothing is compiled when a class is defined.

The decorator of the standard library writes six methods of a frozen class as text and compiles them: 0.4 ms a class. A
run of `conv-backward` defines 115 classes, makes objects of half of them, and compares and prints objects of few: this
was a third of its time. Here `__init__` is written when the first object of a class is made; the other methods are
plain functions over the fields. Objects, messages and what `replace`, `fields`, `pickle` and `match` do are the same.

All dataclasses of the package are made here: the standard library takes each of these for one that is not frozen, and
lets no frozen class of its own inherit from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

Values = Callable[[Any], tuple[Any, ...]]


def _record(
    cls: type | None = None,
    /,
    *,
    frozen: bool = False,
    eq: bool = True,
    order: bool = False,
    slots: bool = False,
    kw_only: bool = False,
) -> Any:
    """The class with the methods of a dataclass; without a class, what makes one of a class."""

    def decorate(given: type) -> type:
        if order:
            return dataclasses.dataclass(frozen=frozen, eq=eq, order=order, slots=slots, kw_only=kw_only)(given)
        if given.__doc__ is None:
            given.__doc__ = given.__name__  # else dataclass writes the signature there, which takes as long as a method
        written = set(vars(given))
        made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(given)
        for name, method in _methods(made, eq, frozen, slots).items():
            if name not in written:
                setattr(made, name, method)
        return made

    return decorate if cls is None else decorate(cls)


def _methods(cls: type, eq: bool, frozen: bool, slots: bool) -> dict[str, Any]:
    """The methods by name; those that the class defines itself are not taken."""
    found: dict[str, Any] = {"__init__": _first_init(cls, frozen), "__repr__": _repr}
    if eq:
        values = _values_of(tuple(field.name for field in dataclasses.fields(cls) if field.compare))
        found |= {"__eq__": _equality(values), "__hash__": _hash(values) if frozen else None}
    if frozen:
        found |= _refusing(cls)
    if frozen and slots:
        found |= _stored(tuple(field.name for field in dataclasses.fields(cls)))
    return found


def _first_init(cls: Any, frozen: bool) -> Callable[..., None]:
    """An `__init__` that puts the one for the fields of the class in its own place."""

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = _init(cls, frozen)
        cls.__init__(self, *args, **kwargs)

    return first


def _init(cls: Any, frozen: bool) -> Callable[..., None]:
    """`__init__` with a parameter for each field, as dataclass writes it."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    fields = dataclasses.fields(cls)
    lines = [f"_set(self, '{name}', {value})" if frozen else f"self.{name} = {value}" for name, value in _taken(fields)]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    for field in fields:
        known |= {f"_default_{field.name}": field.default, f"_factory_{field.name}": field.default_factory}
    by_place = [_parameter(field) for field in fields if field.init and not field.kw_only]
    by_name = [_parameter(field) for field in fields if field.init and field.kw_only]
    parameters = ", ".join(["self", *by_place, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"]), known)
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return made


def _parameter(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"{field.name}=_missing"
    return field.name if field.default is dataclasses.MISSING else f"{field.name}=_default_{field.name}"


def _taken(fields: tuple[dataclasses.Field[Any], ...]) -> Iterator[tuple[str, str]]:
    """Each field that has a value, and the expression of it."""
    for field in fields:
        made = f"_factory_{field.name}()" if field.default_factory is not dataclasses.MISSING else ""
        if field.init:
            yield field.name, f"{made} if {field.name} is _missing else {field.name}" if made else field.name
        elif made or field.default is not dataclasses.MISSING:
            yield field.name, made or f"_default_{field.name}"


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _values_of(names: tuple[str, ...]) -> Values:
    """What gives these attributes of an object, as a tuple also where it is one: two arrays are equal where they are
    the same object, as in a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    value = attrgetter(*names)
    return lambda record: (value(record),)


def _equality(values: Values) -> Callable[[Any, object], bool]:
    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if type(other) is type(self) else NotImplemented

    return equal


def _hash(values: Values) -> Callable[[Any], int]:
    def hashed(self: Any) -> int:
        return hash(values(self))

    return hashed


def _refusing(cls: Any) -> dict[str, Callable[..., None]]:
    """Methods that change no field; an ordinary subclass may have attributes of its own."""
    names = frozenset(field.name for field in dataclasses.fields(cls))

    def refuse_to_set(self: Any, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def refuse_to_delete(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return {"__setattr__": refuse_to_set, "__delattr__": refuse_to_delete}


def _stored(names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """What is pickled of an object with slots: its own attributes cannot be set when it is read."""

    def state(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    def set_state(self: Any, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return {"__getstate__": state, "__setstate__": set_state}


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _record
