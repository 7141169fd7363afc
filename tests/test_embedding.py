"""A program that uses the library, or runs the command line in its own process, is as it was before."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import cnngrad as library

STATE = """
import decimal, json, locale, os, signal, sys, warnings
import click, numpy, rich, yaml  # what these change when they are imported is theirs

def state():
    return repr([
        sys.get_int_max_str_digits(), sys.getrecursionlimit(), sys.getswitchinterval(), sys.excepthook, sys.path,
        {n: signal.getsignal(n) for n in signal.valid_signals()}, warnings.filters, warnings.showwarning,
        dict(os.environ), locale.setlocale(locale.LC_ALL), os.getcwd(),
        id(sys.stdin), id(sys.stdout), id(sys.stderr),
        numpy.geterr(), numpy.get_printoptions(), decimal.getcontext(),
        str(numpy.random.get_state()),
        sys.meta_path, sys.argv,
    ])

states = [state()]
import cnngrad
states.append(state())
cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [3]})
import cnngrad.__main__
states.append(state())
from cnngrad.cli.main import invoke
for args in (["run", "example:ties"], ["audit", "example:ties"], ["run", "nope"], ["--help"],
             ["generate", "pool", "--separate", "none"], ["graph", "x/3", "--at", "x=1e308", "--numbers", "exact"],
             ["check", "example:ties", "example:ties"]):
    invoke(args)
    states.append(state())
print(json.dumps([one == states[0] for one in states]), file=sys.__stderr__)
"""


def test_importing_and_running_change_nothing_for_others() -> None:
    done = subprocess.run([sys.executable, "-c", STATE], capture_output=True, check=True)
    assert json.loads(done.stderr.splitlines()[-1]) == [True] * 10


LARGE = 10**4400 + 7
"""A number of 4,401 digits: Python prints 4,300."""


EXACT = {
    "op": "pool",
    "mode": "average",
    "numbers": "exact",
    "input": [f"1/{10**300 + n}" for n in range(20)],
    "window": 20,
    "delta": ["1/3"],
}


def _texts() -> list[str]:
    found = []
    with pytest.raises(library.CnngradError) as caught:
        library.run({"op": "conv", "input": [LARGE], "kernel": [1]})
    found.append(str(caught.value))
    result = library.run(EXACT)
    found += [json.dumps(result.to_dict()), str(result), str(result.explain("Z[0]"))]
    found.append(str(library.check(EXACT, {"Z": ["1/" + "9" * 300]})))
    return found


def test_numbers_of_any_length_are_printed_alike_whatever_ran_before_and_whatever_is_set() -> None:
    from commands import cnngrad

    before = _texts()
    size = "has 4,401 characters in one value, over the limit of 1,000; raise it with limit='scalar=4401'"
    assert before[0] == f"<spec>: input[0]: {size}"
    assert cnngrad("run", "example:ties").code == 0
    assert _texts() == before
    setting = sys.get_int_max_str_digits()
    for least in (640, 0):
        sys.set_int_max_str_digits(least)
        try:
            assert _texts() == before
            assert sys.get_int_max_str_digits() == least
        finally:
            sys.set_int_max_str_digits(setting)
