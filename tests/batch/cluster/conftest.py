"""A cluster for each test: a scheduler and two workers that share no folder with the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batch.cluster import members


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[members.Member]:
    """A scheduler without workers, which wrote its address into s.json."""
    pytest.importorskip("distributed")
    with members.bounded(), members.scheduler(tmp_path / "s.json") as found:
        yield found


@pytest.fixture
def workers(scheduler: members.Member, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[members.Member]]:
    """Two workers with one thread each, in a folder of their own."""
    folder = tmp_path_factory.mktemp("workers")
    with members.worker(scheduler.address, folder) as first, members.worker(scheduler.address, folder) as second:
        yield [first, second]
