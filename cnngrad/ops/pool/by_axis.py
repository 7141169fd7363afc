"""Pooling of large arrays of floats: along one axis after the other, over blocks of planes that stay in the cache.

The largest cell of a window is the largest of its rows' largest cells. A tie rule chooses among these rows first, and
then among the cells of the row that it chose: that is the row-major order of the cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool.tie_rules import RULES, TieRule
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE
from cnngrad.windows.joined import Along, Chosen, Joined
from cnngrad.windows.windows import in_steps

if TYPE_CHECKING:
    from cnngrad.ops.pool.layer import Pool


BLOCK = 2**18
"""Cells of a block. Forward and backward over (8, 64, 56, 56) float64, window 3 and stride 2, take 29 / 21 / 18 ms for
max and 15 / 13 / 11 for average with 2**16 / 2**17 / 2**18, as long with 2**19 and twice as long with 2**21: a call of
numpy must be worth its start, and a block must stay in the cache."""
BESIDE = 16
"""Channels from which planes that have these last are computed as they are: numpy goes through slices of so many."""
Place = tuple[slice, slice]
"""Some images, and some of their planes, that are worked on together."""


@dataclass(frozen=True)
class Rows:
    """Some rows of the windows of a layer, `place` among all."""

    pool: Pool
    beside: int
    place: slice
    like: Array

    @cached_property
    def joined(self) -> Joined:
        return Joined(self.pool.windows, self.beside)

    @cached_property
    def empty(self) -> tuple[Any, ...]:
        """The windows that hold no real cell."""
        return np.nonzero(np.asarray(self.pool.windows.counts(padding=False) == 0))

    @cached_property
    def divisors(self) -> Array:
        """What each window's sum is divided by: one number where it is the same for all."""
        divisors = self.pool.divisors(self.like)[..., None]
        return divisors.flat[0] if (divisors == divisors.flat[0]).all() else divisors


@dataclass(frozen=True)
class Block:
    """Some rows of the windows of some planes (P, *sizes, beside)."""

    rows: Rows
    planes: Array

    @property
    def joined(self) -> Joined:
        return self.rows.joined

    @property
    def pool(self) -> Pool:
        return self.rows.pool

    def maxima(self) -> Iterator[tuple[Along, Array, Array]]:
        """For each axis, the last one first: the cells along it, and the largest of each window along it."""
        largest = self.joined.laid(self.planes, -math.inf)
        for along in self.joined.stages:
            cells = along.apart(largest)
            largest = along.reduced(np.maximum, cells)
            yield along, cells, largest

    def chosen(self, rule: TieRule) -> Iterator[tuple[Along, Chosen]]:
        """Which taps a rule chooses along each axis, the last axis first."""
        return ((along, rule.takes(along.equal(cells, largest))) for along, cells, largest in self.maxima())

    def picked(self, rule: TieRule, planes: Array, padding: int) -> Array:
        """The numbers of `planes`, like those of the block, under the taps that a rule chooses, added up."""
        cells = self.joined.laid(planes, padding)
        for along, chosen in self.chosen(rule):
            cells = along.picked(chosen, along.apart(cells))
        return cells

    def pooled(self) -> Array:
        """Z."""
        if self.pool.mode == "max":
            return self.joined.reduced(np.maximum, self.planes, -math.inf)
        return self.pool.averaged(
            self.planes, self.rows.divisors, lambda planes: self.joined.reduced(np.add, planes, 0)
        )

    def tied(self) -> Array:
        """How many largest cells each window has."""
        return self.joined.real(self._tied)

    def winners(self, rule: TieRule) -> Array:
        """The flat index in its plane of the cell that a rule with one winner chooses in each window, NONE where there
        is no real cell.

        How far it is behind the window's first cell takes a byte or two, and to go through bytes takes little time.
        """
        assert rule.later is not None
        joined, behind = self.joined, None
        dtype, largest = np.min_scalar_type(joined.farthest), joined.laid(self.planes, -math.inf)
        for along, step in zip(joined.stages, joined.steps, strict=True):
            inner = None if behind is None else along.by_step(behind)
            largest, behind = along.won(rule.later, along.apart(largest), step, inner, dtype)
        assert behind is not None
        found: Array = np.add(joined.real(behind).astype(dtype, order="C"), joined.starts, dtype=np.int64)
        if len(self.rows.empty[0]):
            found[:, *self.rows.empty] = NONE
        return found

    def share(self, upstream: Array, planes: Array) -> None:
        """Add the upstream gradient of each window (P, *outputs, beside) to the cells that take it (P, *sizes, beside).

        These are 0, unless `is_written`.
        """
        if not self._has_winners:
            self.joined.gather(self.shares(upstream), planes)
            return
        cells = self.winners(self.pool.rule)
        if len(self.rows.empty[0]):
            upstream = np.where(cells == NONE, 0, upstream)
        at = self._among_all(cells)
        np.add.at(planes.reshape(-1), at.reshape(-1), upstream.reshape(-1))

    def _among_all(self, cells: Array) -> Array:
        """The flat index in all planes of each cell of a plane; NONE is another cell."""
        planes, *_, beside = cells.shape
        each = math.prod(self.joined.windows.sizes)
        if beside > 1:
            cells *= beside
            cells += np.arange(beside)
        cells += beside * each * np.arange(planes).reshape(-1, *(1,) * (cells.ndim - 1))
        return cells

    def weight(self) -> Array:
        """The sum of the weights of each window: 0 where it holds no real cell."""
        if self.pool.mode == "average":
            counts = self.pool.windows.counts(padding=False)[..., None] / self.rows.divisors
            return np.broadcast_to(counts, (len(self.planes), *self.pool.windows.outputs, self.joined.beside))
        return self.tied() if self.pool.rule.repeats else np.minimum(self.tied(), 1)

    def shares(self, upstream: Array) -> list[Array]:
        """The upstream gradient of each window (P, *outputs, beside) at the positions that take it, as `Joined.gather`
        adds them up."""
        pool, joined = self.pool, self.joined
        if pool.mode == "average":
            received = joined.embedded(upstream / self.rows.divisors)
            choices: list[tuple[Along, Chosen | None]] = [(along, None) for along in joined.stages]
        else:
            received = joined.embedded(upstream)
            if pool.rule.split:
                received = received / np.maximum(self._tied.reshape(received.shape), 1)
            choices = [*self.chosen(pool.rule)]
        for along, chosen in reversed(choices):
            parts = along.spread(chosen, received)
            if along is not joined.stages[0]:
                received = along.together(parts)
        return parts

    @property
    def is_written(self) -> bool:
        """Whether `share` writes every cell, whatever it was."""
        return self.joined.is_input and not self._has_winners

    @property
    def _has_winners(self) -> bool:
        """Whether one cell of each window takes all of its gradient."""
        return self.pool.mode == "max" and self.pool.rule.single

    @cached_property
    def _tied(self) -> Array:
        ones = np.ones(self.planes.shape, self.planes.dtype)
        return self.picked(RULES["all"], ones, 0)


@dataclass(frozen=True)
class ByAxis:
    """A pooling layer over large planes of floats (N, C, *sizes); what it gives lies in memory as these do."""

    pool: Pool
    planes: Array

    def windowed(self, number: Callable[[Block], Array], dtype: Any) -> Array:
        """A number of each window (N, C, *outputs)."""
        found = self._room(self.pool.windows.outputs, dtype)

        for place, block in self._blocks():
            made = found[place][:, :, block.rows.place]
            made[...] = number(block).reshape(made.shape)
        return self._restored(found)

    def to_input(self, upstream: Array) -> Array:
        """dA, for the upstream gradient (N, C, *outputs)."""
        dA, dZ = self._room(self.pool.windows.sizes, self.planes.dtype), self._arranged(upstream)

        for place, block in self._blocks():
            planes, own = dA[place].reshape(block.planes.shape), dZ[place][:, :, block.rows.place]
            if not block.rows.place.start and not block.is_written:
                planes[...] = 0
            block.share(own.reshape(-1, *own.shape[2:]), planes)
        return self._restored(dA)

    @cached_property
    def _last(self) -> bool:
        """Whether the channels are the last axis in memory, and so many that they are worth computing beside each
        other."""
        steps = self.planes.strides
        return self.planes.shape[1] >= BESIDE and steps[1] < min(steps[2:])

    def _arranged(self, planes: Array) -> Array:
        """(N, C, *spatial) as (N, 1, *spatial, C) with the channels last, else as (N, C, *spatial, 1)."""
        return np.moveaxis(planes, 1, -1)[:, None] if self._last else planes[..., None]

    def _restored(self, arranged: Array) -> Array:
        return np.moveaxis(arranged[:, 0], -1, 1) if self._last else arranged[..., 0]

    def _room(self, spatial: tuple[int, ...], dtype: Any) -> Array:
        n, c, *_ = self.planes.shape
        return np.empty((n, 1, *spatial, c) if self._last else (n, c, *spatial, 1), dtype)

    @cached_property
    def _whole(self) -> Joined:
        return Joined(self.pool.windows, self.planes.shape[1] if self._last else 1)

    def _blocks(self) -> Iterator[tuple[Place, Block]]:
        """All windows of some images and channels, or some rows of windows of one plane: about BLOCK cells."""
        arranged = self._arranged(self.planes)
        images, channels = arranged.shape[:2]
        cells = math.prod(self._whole.positions) * self._whole.beside
        for some in in_steps(images, BLOCK // (cells * channels)):
            for part in in_steps(channels, BLOCK // cells):
                planes = arranged[some, part]
                planes = planes.reshape(-1, *planes.shape[2:])
                yield from (((some, part), Block(rows, planes)) for rows in self._rows)

    @cached_property
    def _rows(self) -> list[Rows]:
        pool, whole, axis = self.pool, self._whole, self.pool.windows.axes[0]
        row = axis.stride * math.prod(whole.positions[1:]) * whole.beside
        blocks = [*in_steps(axis.outputs, max(BLOCK // row, 2 * axis.span // axis.stride))]
        if len(blocks) == 1:
            return [Rows(pool, whole.beside, blocks[0], self.planes)]
        parts = [(replace(pool, windows=pool.windows.rows(rows.start, rows.stop)), rows) for rows in blocks]
        return [Rows(part, whole.beside, rows, self.planes) for part, rows in parts]
