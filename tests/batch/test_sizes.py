"""Sizes of memory as people write them."""

from __future__ import annotations

import pytest

from cnngrad import CnngradError
from cnngrad.batch.sizes import bytes_of, said


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GiB", 2_147_483_648),
        ("512 MiB", 536_870_912),
        ("1.5gib", 1_610_612_736),
        ("1G", 1_073_741_824),
        ("512m", 536_870_912),
        ("500MB", 500_000_000),
        ("1GB", 1_000_000_000),
        ("131072KiB", 134_217_728),
        ("70000KB", 70_000_000),
        ("100000000B", 100_000_000),
        (" 100000000 ", 100_000_000),
        (100_000_000, 100_000_000),
    ],
)
def test_a_size(text: str | int, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("much", "'much' is no size; write it as 2GiB or 512MiB"),
        ("", "'' is no size; write it as 2GiB or 512MiB"),
        ("-2GiB", "'-2GiB' is no size; write it as 2GiB or 512MiB"),
        ("2Gb/s", "'2Gb/s' is no size; write it as 2GiB or 512MiB"),
        ("100000000.5", "'100000000.5' is no size; write it as 2GiB or 512MiB"),
        ("2", "2 B is too little for a worker; give 64 MiB or more"),
        ("63MiB", "63 MiB is too little for a worker; give 64 MiB or more"),
        ("9999999TiB", "9,999,999 TiB is more than any computer has; write it as 2GiB or 512MiB"),
        (True, "'True' is no size; write it as 2GiB or 512MiB"),
    ],
)
def test_what_is_no_size_for_a_worker(text: str | int, says: str) -> None:
    with pytest.raises(CnngradError) as caught:
        bytes_of(text)
    assert str(caught.value) == f"memory: {says}"


def test_a_size_is_said_in_the_largest_unit_that_is_whole() -> None:
    assert said(2 * 2**30) == "2 GiB"
    assert said(1_610_612_736) == "1,536 MiB"
    assert said(500_000_000) == "500 MB"
    assert said(100_000_001) == "100,000,001 B"
