"""Scalar expressions as lists of gates: `(x + y) * z` is t1 = x + y, t2 = t1 * z.

Python's parser gives the syntax tree; nothing is ever evaluated by Python. The tree is walked with a
stack of its own, so that a long expression needs no deep recursion.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable

from cnngrad.calculus.gates import GATES
from cnngrad.errors import CnngradError, did_you_mean, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.patterns import pattern
from cnngrad.records import dataclass

Names = Callable[[], str]

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "abs", "max", "min", "sigmoid", "tanh", "relu")
"""The gates that are written as calls; max and min take two inputs or more, the others one."""
KNOWN = f"the gates are + - * / ** and {', '.join(FUNCTIONS)}"
_TOO_DEEP = "nests too deeply to be read; write it in steps, one name: expression per line"
_HINTS = (
    (pattern(r"[\u2212\u2013\u2014]"), "write the minus sign of the keyboard"),
    (pattern(r"[\u00d7\u00b7\u22c5]"), "write a product with *"),
    (pattern(r"(?<![\w.])0[0-9]"), "write numbers without leading zeros"),
    (pattern(r"(?<![\w.])[0-9.]+[A-Za-z_(]"), "write a product with *, as in 2*x"),
    (pattern(r"[-+*/(,]\s*$"), "something is missing at its end"),
    (pattern(r"[\w.)]\s+[\w.(]"), "an operator is missing between two values"),
    (pattern(r"(?<![=<>!])=(?!=)"), "write steps as a mapping, one name: expression per line"),
)


class ExpressionError(CnngradError):
    """An expression that cannot be read; `offset` is where in its text, counted from 0."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class GateCall:
    """`name` is what `gate` makes of `inputs`: names of values, or numbers as they are written."""

    name: str
    gate: str
    inputs: tuple[str, ...]
    offset: int = 0

    @property
    def expression(self) -> str:
        """The call as it is written: `x + y`, `exp(t1)`."""
        infix = GATES[self.gate].infix
        if infix and len(self.inputs) == 1:
            return f"{infix}{bracketed(self.inputs[0])}"
        if infix:
            left, right = self.inputs
            return f"{bracketed(left) if infix == '**' else left} {infix} {bracketed(right)}"
        return self.inputs[0] if self.gate == "identity" else f"{self.gate}({', '.join(self.inputs)})"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The gates of one expression in order of evaluation; `root` names its value.

    `names` are the variables with their places in the text, from left to right.
    """

    calls: tuple[GateCall, ...]
    root: str
    names: tuple[tuple[str, int], ...] = ()


def parse(text: str, limits: Limits, fresh: Names) -> Parsed:
    """The gates of an expression, left to right, inner ones first; `fresh` names each.

    ExpressionError says what cannot be read, and where; CnngradError names a limit.
    """
    flat = " ".join(text.splitlines()) if "\n" in text else text
    limits.allow("expression", len(flat), f"has {len(flat):,} characters")
    limits.allow("parentheses", _depth(flat), f"has {_depth(flat):,} levels of parentheses")
    tree = _tree(flat, limits)
    return _Walk(flat, limits, fresh).walk(tree)


_MORE_THAN_ZERO = pattern("[0.]*[1-9]")
"""How a number without a sign begins that is not 0."""


def is_literal(name: str) -> bool:
    """Whether an input of a gate is a number, not a name."""
    return not name.isidentifier()


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _tree(text: str, limits: Limits) -> ast.expr:
    stripped = text.lstrip()
    indent = len(text) - len(stripped)
    if not stripped:
        raise ExpressionError("is empty; write an expression such as (x + y) * z")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(stripped, mode="eval").body
    except SyntaxError as error:
        if "nested" in error.msg:
            raise ExpressionError(_TOO_DEEP) from None
        offset = min(indent + max((error.offset or 1) - 1, 0), len(text))
        hint = next((says for pattern, says in _HINTS if pattern.search(text)), "") or _unbalanced(text) or KNOWN
        says = f"cannot be read at character {offset + 1}, {_near(text, offset)}; {hint}"
        raise ExpressionError(says, offset) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(_TOO_DEEP) from None
    encoded = stripped.encode()  # Python counts bytes
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset = indent + len(encoded[: node.col_offset].decode(errors="ignore"))
            node.end_col_offset = indent + len(encoded[: node.end_col_offset].decode(errors="ignore"))
    return tree


def _unbalanced(text: str) -> str:
    opened, closed = text.count("("), text.count(")")
    if opened == closed:
        return ""
    return "a parenthesis is never closed" if opened > closed else "a parenthesis is closed that was never opened"


def _near(text: str, offset: int) -> str:
    rest = text[offset:].strip()
    return f"at {excerpt(rest, 12)}" if rest else "at its end"


@dataclass
class _Walk:
    text: str
    limits: Limits
    fresh: Names

    def walk(self, tree: ast.expr) -> Parsed:
        """Post-order: a node is visited again, to become a gate, when its inputs are named."""
        calls: list[GateCall] = []
        named: list[str] = []
        names: list[tuple[str, int]] = []
        stack: list[tuple[ast.expr, tuple[str, int] | None]] = [(tree, None)]
        while stack:
            node, ready = stack.pop()
            if ready is not None:
                gate, arity = ready
                inputs = tuple(named[-arity:])
                del named[-arity:]
                calls.append(GateCall(self.fresh(), gate, inputs, node.col_offset))
                self.limits.allow("nodes", len(calls), f"has {len(calls)} nodes or more")
                named.append(calls[-1].name)
            elif (leaf := self._leaf(node)) is not None:
                named.append(leaf)
                if not is_literal(leaf):
                    names.append((leaf, node.col_offset))
            elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
                stack.append((node.operand, None))
            else:
                gate, inner = self._gate(node)
                stack.append((node, (gate, len(inner))))
                stack.extend((child, None) for child in reversed(inner))
        return Parsed(tuple(calls), named[0], tuple(names))

    def _leaf(self, node: ast.expr) -> str | None:
        """A name, or a number with its sign; nothing for a gate."""
        if isinstance(node, ast.Name):
            if "\u00b7" in node.id:  # a letter to Python, a product to people
                raise ExpressionError(f"{excerpt(node.id)} is no name; write a product with *", node.col_offset)
            return node.id
        if isinstance(node, ast.Constant):
            return self._number(node)
        unsigned = node
        while isinstance(unsigned, ast.UnaryOp) and isinstance(unsigned.op, ast.USub):
            unsigned = unsigned.operand
        if not isinstance(unsigned, ast.Constant):
            return None
        number = self._number(unsigned)
        if not _MORE_THAN_ZERO.match(number):
            return number  # a zero has no sign
        return f"-{number}" if isinstance(node, ast.UnaryOp) and unsigned is node.operand else None

    def _number(self, node: ast.Constant) -> str:
        text = self._written(node)
        number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        if not number or not grammar.DECIMAL.fullmatch(text):
            raise ExpressionError(grammar.why_not(text), node.col_offset)
        return text

    def _gate(self, node: ast.expr) -> tuple[str, list[ast.expr]]:
        match node:
            case ast.BinOp(op=op) if type(op) in OPERATORS:
                return OPERATORS[type(op)], [node.left, node.right]
            case ast.BinOp(op=ast.BitXor()):
                raise ExpressionError("^ is no gate; write a power with **", node.col_offset)
            case ast.UnaryOp(op=ast.USub()):
                return "neg", [node.operand]
            case ast.Call(func=ast.Name(id=name)):
                return name, self._arguments(node, name)
            case _:
                raise ExpressionError(f"{excerpt(self._written(node), 20)} is no gate; {KNOWN}", node.col_offset)

    def _arguments(self, node: ast.Call, name: str) -> list[ast.expr]:
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS) or f"; {KNOWN}"
            raise ExpressionError(f"{excerpt(name)} is no gate{hint}", node.col_offset)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise ExpressionError(f"{name} takes plain inputs, as in {name}(x)", node.col_offset)
        count, several = len(node.args), name in ("max", "min")
        if count < 2 if several else count != 1:
            needed = "two inputs or more" if several else "one input"
            raise ExpressionError(f"{name} takes {needed}, not {count}", node.col_offset)
        return node.args

    def _written(self, node: ast.expr) -> str:
        return self.text[node.col_offset : node.end_col_offset]


def bracketed(name: str) -> str:
    """A negative number in parentheses, as it is written behind another sign."""
    return f"({name})" if name.startswith("-") else name
