"""What the command line says about an expression that has no value, with the full text."""

from __future__ import annotations

import json
import shlex

import pytest
from commands import cnngrad

KNOWN = "the gates are + - * / ** and exp, log, sqrt, sin, cos, abs, max, min, sigmoid, tanh, relu"
SAYS = [
    ("'x +' --at x=1", "@ cannot be read at character 1, at 'x +'; something is missing at its end"),
    ("''", "@ is empty; write an expression such as (x + y) * z"),
    ("'x ^ 2' --at x=1", "@ ^ is no gate; write a power with **"),
    ("2x --at x=1", "@ cannot be read at character 1, at '2x'; write a product with *, as in 2*x"),
    ("'x = 3'", "@ cannot be read at character 3, at '= 3'; write steps as a mapping, one name: expression per line"),
    ("'foo(x)' --at x=1", "@ 'foo' is no gate; KNOWN"),
    ("'sigmiod(x)' --at x=1", "@ 'sigmiod' is no gate; did you mean 'sigmoid'?"),
    ("'exp(x, y)' --at x=1 --at y=2", "@ exp takes one input, not 2"),
    ("'max(x)' --at x=1", "@ max takes two inputs or more, not 1"),
    ("'exp(x=1)'", "@ exp takes plain inputs, as in exp(x)"),
    ("'max(*x)' --at x=1", "@ max takes plain inputs, as in max(x)"),
    ("x.y --at x=1", "@ 'x.y' is no gate; KNOWN"),
    ("'x[0]' --at x=1", "@ 'x[0]' is no gate; KNOWN"),
    ("'[x for x in y]'", "@ '[x for x in y]' is no gate; KNOWN"),
    ("'lambda: 1'", "@ 'lambda: 1' is no gate; KNOWN"),
    ("''\"'\"'a'\"'\"' + x' --at x=1", "@ ''a'' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("'0x1F + x' --at x=1", "@ '0x1F' is not decimal; write it in base ten"),
    ("'1_000 + x' --at x=1", "@ '1_000' has underscores; write the digits together"),
    ("'010 + x' --at x=1", "@ cannot be read at character 1, at '010 + x'; write numbers without leading zeros"),
    ("'1j*x' --at x=1", "@ '1j' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("'True + x' --at x=1", "@ 'True' is a truth value, not a number; write 1 or 0"),
    ("'x < 1' --at x=1", "@ 'x < 1' is no gate; KNOWN"),
    ("'x // 2' --at x=1", "@ 'x // 2' is no gate; KNOWN"),
    ("'x and y'", "@ 'x and y' is no gate; KNOWN"),
    ("'x − y' --at x=1", "@ cannot be read at character 3, at '− y'; write the minus sign of the keyboard"),
    ("'x·y' --at x=1", "@ 'x·y' is no name; write a product with *"),
    ("'x × y' --at x=1", "@ cannot be read at character 3, at '× y'; write a product with *"),
    ("'x + y' --at x=1", "<expression>: values: y has no value; give it as values: {y: 2}, or with --at y=2"),
    ("'x + speed' --at sped=1 --at x=1", "<expression>: values: speed has no value; did you mean 'sped'?"),
    ("'__import__('\"'\"'os'\"'\"')'", "@ '__import__' is no gate; KNOWN"),
    ("'import os'", "@ cannot be read at character 1, at 'import os'; an operator is missing between two values"),
    ("'(x' --at x=1", "@ cannot be read at character 1, at '(x'; a parenthesis is never closed"),
    ("'x)' --at x=1", "@ cannot be read at character 2, at ')'; a parenthesis is closed that was never opened"),
    ("'x y' --at x=1", "@ cannot be read at character 3, at 'y'; an operator is missing between two values"),
    ("'x + dx' --at x=1 --at dx=1", "@ dx is the name of the gradient of x; call it another name"),
    ("'1e400 * x' --at x=1", "@ '1e400' is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"),
    ("'x + 1\x1b[31m'", "@ cannot be read at character 6, at '\\x1b[31m'; write a product with *, as in 2*x"),
    ("'9**9**9'", "@ t2 = 9 ** t1: is beyond float64; take smaller numbers"),
    (
        "'9**9**9' --numbers exact",
        "@ t2 = 9 ** t1: makes a number of 369,693,100 digits, over the limit of 10,000; "
        "raise it with --limit digits=369693100",
    ),
    (
        "'9**9**9' --numbers symbolic",
        "@ t2 = 9 ** t1: makes a number of 369,693,100 digits, over the limit of 10,000; "
        "raise it with --limit digits=369693100",
    ),
    (
        "'(x + y)**100000' --numbers symbolic",
        "@ t2 = t1 ** 100000: makes a formula of 100,001 terms, over the limit of 100,000; "
        "raise it with --limit symbols=100001",
    ),
    ("1/0", "@ t1 = 1 / 0: divides by zero; take another divisor"),
    ("x/y --at x=1 --at y=0", "@ t1 = x / y: divides by zero; take another divisor"),
    ("'1/(x-x)' --numbers exact --at x=1", "@ t2 = 1 / t1: divides by zero; take another divisor"),
    ("'1/(x-x)' --numbers symbolic", "@ t2 = 1 / t1: divides by zero; take another divisor"),
    ("'log(-1)'", "@ t1 = log(-1): log(-1) does not exist; log takes positive numbers"),
    ("'log(x)' --at x=0", "@ t1 = log(x): log(0) does not exist; log takes positive numbers"),
    (
        "'(-8)**(1/3)'",
        "@ t2 = (-8) ** t1: a negative number (-8) has no real power 0.333333; take a positive base or a whole power",
    ),
    ("'sqrt(x)' --at x=-4", "@ t1 = sqrt(x): sqrt(-4) has no real value; sqrt takes positive numbers"),
    ("'sqrt(x)' --at x=0", "@ t1 = sqrt(x): sqrt(0) has no derivative; sqrt takes positive numbers"),
    ("'0**x' --at x=-1", "@ t1 = 0 ** x: divides by zero: 0 to the power -1; take another base"),
    ("'x**0.5' --at x=0", "@ t1 = x ** 0.5: 0 to the power 0.5 has no derivative; take a positive base"),
    ("'x**y' --at x=-2 --at y=2", "@ t1 = x ** y: has no gradient for y here; write y as a number"),
    (
        "'x**(1/2)' --at x=2 --numbers exact",
        "@ t2 = x ** t1: 2 to the power 1/2 has no exact value; take numbers: float",
    ),
    ("'exp(x)' --at x=1 --numbers exact", "@ t1 = exp(x): exp has no exact value; take numbers: float"),
    ("'exp(1000*x)' --at x=1", "@ t2 = exp(t1): is beyond float64; take smaller numbers"),
    ("'1e308*x*10' --at x=1", "@ t2 = t1 * 10: is beyond float64; take smaller numbers"),
    ("'log(x)*1e308' --at x=1e-300", "@ t2 = t1 * 1e308: is beyond float64; take smaller numbers"),
    (
        "'max(x, y)' --numbers symbolic",
        "@ t1 = max(x, y): max compares numbers; give a value for x, as in values: {x: 3}",
    ),
    ("'relu(x)' --numbers symbolic", "@ t1 = relu(x): relu compares numbers; give a value for x, as in values: {x: 3}"),
    ("'tanh(x**z)' --at x=1e-320 --at z=0.01", "@ t1 = x ** z: has a gradient beyond float64; take smaller numbers"),
    ("'0/x' --at x=1e-320", "@ t1 = 0 / x: has a gradient beyond float64; take smaller numbers"),
    ("'x**1000000' --at x=3", "@ t1 = x ** 1000000: is beyond float64; take smaller numbers"),
    ("'relu(1/x)' --at x=0 --numbers symbolic", "@ t1 = 1 / x: divides by zero; take another divisor"),
    (
        "'relu(x**z)' --at x=0 --at z=-3 --numbers symbolic",
        "@ t1 = x ** z: divides by zero: 0 to the power -3; take another base",
    ),
    (
        "'x**z' --at x=-2 --at z=1/2 --numbers symbolic",
        "@ t1 = x ** z: a negative number (-2) has no real power 1/2; take a positive base or a whole power",
    ),
    ("'log(0*x)' --numbers symbolic", "@ t2 = log(t1): log(0) does not exist; log takes positive numbers"),
    ("'log(x)' --at x=-1 --numbers symbolic", "@ t1 = log(x): log(-1) does not exist; log takes positive numbers"),
    ("'sqrt(x)' --at x=0 --numbers symbolic", "@ t1 = sqrt(x): sqrt(0) has no derivative; sqrt takes positive numbers"),
    (
        "'1/(x - y)' --at x=2 --at y=2 --numbers symbolic",
        "@ t2 = 1 / t1: divides by zero; take another divisor",
    ),
    (
        "'exp(x)' --at x=1000 --numbers symbolic",
        "@ t1 = exp(x): is beyond float64 at the values of its symbols; take smaller ones",
    ),
    (
        "'exp(x)*x**200' --at x=1e3 --numbers symbolic",
        "@ t1 = exp(x): is beyond float64 at the values of its symbols; take smaller ones",
    ),
    (
        "'log(0 - x**999)' --at x=10 --numbers symbolic",
        "@ t3 = log(t2): log(a number of about 999 digits) does not exist; log takes positive numbers",
    ),
    ("'0**x' --numbers symbolic", "@ t1 = 0 ** x: has no gradient for x here; write x as a number"),
    ("'(-2)**x' --numbers symbolic", "@ t1 = (-2) ** x: has no gradient for x here; write x as a number"),
    (
        "'(x - 2)**z' --at x=2 --at z=2 --numbers symbolic",
        "@ t2 = t1 ** z: has no gradient for z here; write z as a number",
    ),
    ("'(x - x)**-1' --numbers symbolic", "@ t2 = t1 ** (-1): divides by zero: 0 to the power -1; take another base"),
    ("x --at x", "--at: 'x' is no value of a variable; write --at x=-2"),
    ("x --at x=", "--at: 'x=' is no value of a variable; write --at x=-2"),
    ("x --at 2=3", "--at: '2=3' is no value of a variable; write --at x=-2"),
    ("x --at x=abc", "--at: values.x: 'abc' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("x --at 'x=[1,2]'", "--at: values.x: is not a number; give one number"),
    ("x --at x=1 --delta '[1,2]'", "--delta: delta: is a list; a graph has one output, so give one number"),
    ("x --at x=1 --delta a", "--delta: delta: 'a' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("x --round -1", "invalid value for '--round': -1 is not in the range 0<=x<=15; see 'cnngrad graph --help'"),
]


@pytest.mark.parametrize(("command", "says"), SAYS)
def test_one_line_and_nothing_else(command: str, says: str) -> None:
    outcome = cnngrad("graph", *shlex.split(command))
    expected = says.replace("KNOWN", KNOWN).replace("@", "<expression>: expression:")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {expected}\n")


def test_a_thousand_parentheses_name_the_limit_that_they_pass() -> None:
    deep = "(" * 1000 + "x" + ")" * 1000
    steps = [
        ((), "has 2,001 characters, over the limit of 1,000; raise it with --limit expression=2001"),
        (
            ("expression=2001",),
            "has 1,000 levels of parentheses, over the limit of 60; raise it with --limit parentheses=1000",
        ),
        (
            ("expression=2001", "parentheses=1000"),
            "nests too deeply to be read; write it in steps, one name: expression per line",
        ),
    ]
    for limits, says in steps:
        options = [word for limit in limits for word in ("--limit", limit)]
        outcome = cnngrad("graph", deep, "--at", "x=1", *options)
        assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: <expression>: expression: {says}\n")


def test_a_long_sum_is_one_level_and_meets_the_limit_of_nodes() -> None:
    def said(count: int) -> tuple[int, str]:
        outcome = cnngrad(
            "graph", "+".join("x" * count), "--at", "x=1", "--format", "json", "--limit", "expression=9999"
        )
        return outcome.code, outcome.err

    assert said(501) == (0, "")
    says = "has 501 nodes or more, over the limit of 500; raise it with --limit nodes=501"
    assert said(502) == (2, f"error: <expression>: expression: {says}\n")


def test_a_power_beside_zero_has_a_gradient_where_float64_can_hold_it() -> None:
    # x**(z - 1) is 1e320, but z*x**(z - 1) is 1e305
    outcome = cnngrad("graph", "x**z", "--at", "x=1e-320", "--at", "z=1e-15", "--format", "json")
    assert json.loads(outcome.out)["results"]["gradients"]["x"] == pytest.approx(1e305, rel=1e-3)


POWERS = [
    # expression, value, gradient of x, both by the rules of school
    ("x**0", "1", "0"),
    ("x**0 - 1", "0", "0"),
    ("(x - x)**0", "1", "0"),
    ("(x - x)**1", "0", "0"),
    ("(x - x)**2 + x", "x", "1"),
    ("x**1", "x", "1"),
    ("x**2", "x**2", "2*x"),
    ("x**-1", "1/x", "-1/x**2"),
    ("x**-2", "1/x**2", "-2/x**3"),
    ("(2*x)**-1", "1/(2*x)", "-1/(2*x**2)"),
    ("x**0.5", "pow(x, 1/2)", "pow(x, -1/2)/2"),
    ("x**-0.5", "pow(x, -1/2)", "-pow(x, -3/2)/2"),
    ("x**y", "pow(x, y)", "y*pow(x, y - 1)"),
    ("2**x", "pow(2, x)", "log(2)*pow(2, x)"),
    ("x*2**0.5", "x*pow(2, 1/2)", "pow(2, 1/2)"),
]


@pytest.mark.parametrize(("expression", "value", "slope"), POWERS, ids=[power[0] for power in POWERS])
def test_powers_of_symbols(expression: str, value: str, slope: str) -> None:
    outcome = cnngrad("graph", expression, "--numbers", "symbolic", "--format", "json")
    results = json.loads(outcome.out)["results"]
    assert (results["value"], results["gradients"]["x"]) == (value, slope)


@pytest.mark.parametrize("written", ["x - -0", "x - (-(0))", "x - -(-0)", "x - -0.00e7"])
def test_a_zero_has_no_sign(written: str) -> None:
    nodes = json.loads(cnngrad("graph", written, "--at", "x=3", "--format", "json").out)["results"]["nodes"]
    zero = written.strip("x ()-")
    assert [node["expression"] for node in nodes] == [f"x - {zero}"]


def test_a_small_number_keeps_its_sign() -> None:
    nodes = json.loads(cnngrad("graph", "x - -0.05", "--at", "x=3", "--format", "json").out)["results"]["nodes"]
    assert [node["expression"] for node in nodes] == ["x - (-0.05)"]
