"""What holds for every test: one hypothesis profile, plain surroundings, nothing left behind, and a reverse order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault: nothing here is timed. Earlier failures are not kept: no run depends on the one before.
settings.register_profile(
    "cnngrad",
    max_examples=25,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("cnngrad")

SURROUNDINGS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE")
INTERPRETER = (
    "PYTHONWARNINGS",
    "PYTHONUNBUFFERED",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONDONTWRITEBYTECODE",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--reverse` runs the last test first."""
    parser.addoption("--reverse", action="store_true", help="run the tests in reverse order")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The order asked for."""
    if config.getoption("--reverse"):
        items.reverse()


@pytest.fixture(autouse=True, scope="session")
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No variable of the user's shell reaches a test, nor that what runs in the background ignores SIGINT, and the
    working folder is an empty one.

    Processes that a test starts keep their bytecode in a folder beside it: not one of them compiles the package again.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in (*SURROUNDINGS, *INTERPRETER):
            patch.delenv(name, raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


@pytest.fixture(autouse=True)
def _nothing_left_behind(_surroundings: None) -> Iterator[None]:
    """A test that changes what all tests share fails itself, rather than whichever comes next."""
    before = shared()
    yield
    assert shared() == before


def shared() -> dict[str, Any]:
    """What every test of a process sees."""
    return {
        "folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "digits": sys.get_int_max_str_digits(),
        "recursion": sys.getrecursionlimit(),
        "numpy": np.geterr(),
    }


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """No exercise is kept from an earlier test, which may have been solved with other functions than this one's."""
    if recent := sys.modules.get("cnngrad.api.recent"):
        recent.RECENT.found.clear()
