"""What an exercise asks for: the quantities, and the answers to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import ascii_lowercase

from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.names import named, unknown_quantity
from cnngrad.spec.context import Context
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode

Choices = Mapping[str, tuple[Node, ...]]
"""The arrays to choose from, by the own name of each quantity: a is the first."""


def asked(nodes: Iterable[ScalarNode], exercise: Exercise, context: Context) -> tuple[str, ...]:
    """The quantities that are asked for; a name that the exercise does not have goes to the context's problems."""
    found = _named(((node.text, node) for node in nodes), "ask", exercise, context)
    return tuple(name for name, _ in found)


def choices(node: MappingNode | None, exercise: Exercise, context: Context) -> Choices:
    """The answers to choose from; what is wrong with them goes to the context's problems."""
    if node is None:
        return {}
    names = _named(node.keys.items(), "choices", exercise, context)
    return {name: _options(node.entries[key.text], name, context) for name, key in names}


def _options(node: Node, name: str, context: Context) -> tuple[Node, ...]:
    key, most = f"choices.{name}", len(ascii_lowercase)
    items = node.items if isinstance(node, SequenceNode) else []
    if not 1 <= len(items) <= most:
        says = f"is a list of 1 to {most} arrays, which are called a, b, c, ...; write {key}: [[...], [...]]"
        context.problems.add(key, says, context.document.mark(node, "choices"))
        return ()
    for letter, item in zip(ascii_lowercase, items, strict=False):
        context.read(item, f"{key}.{letter}")
    return tuple(items)


def _named(
    names: Iterable[tuple[str, ScalarNode]], key: str, exercise: Exercise, context: Context
) -> Iterator[tuple[str, ScalarNode]]:
    """The own name of each quantity, with its node."""
    known, found, problems = exercise.names, set[str](), context.problems
    for text, node in names:
        name = named(text, known)
        if name is None:
            problems.add(key, unknown_quantity(text, known), context.document.mark(node, key))
        elif name in found:
            problems.add(key, f"has {name} twice; leave one out", context.document.mark(node, key))
        else:
            found.add(name)
            yield name, node
