"""Where every unknown stands: the only index arithmetic in the program.

Fixed terms come first, trait by trait in the order of the run file, level-major with coefficients
within; random effects follow, level-major with the effect's cells within (groups after
individuals). A position is where an unknown stands among all; an equation number leaves out the
columns that are set to zero because they depend on others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.model.design import Design, FixedTerm, RandomComponent, RandomTerm


@dataclass(frozen=True, eq=False)
class Layout:
    """Offsets and widths of the terms.

    Parameters
    ----------
    fixed_offsets : tuple of int
        First position of each fixed term.
    random_offsets : tuple of int
        First position of each random effect.
    random_sizes : tuple of int
        Levels of each random effect, groups included.
    random_widths : tuple of int
        Cells per level of each random effect.
    size : int
        Number of positions.
    """

    fixed_offsets: tuple[int, ...]
    random_offsets: tuple[int, ...]
    random_sizes: tuple[int, ...]
    random_widths: tuple[int, ...]
    size: int

    @property
    def fixed_size(self) -> int:
        """Number of columns of X before dependent ones are left out."""
        return self.random_offsets[0] if self.random_offsets else self.size

    def random_slice(self, effect: int) -> slice:
        """Positions of a random effect."""
        width = self.random_sizes[effect] * self.random_widths[effect]
        return slice(self.random_offsets[effect], self.random_offsets[effect] + width)

    def columns(self, design: Design) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Positions and coefficients of every observation, shape (N, t); −1 where there is none."""
        parts = [self.fixed_columns(design)]
        parts += [self.columns_of(design, effect) for effect in range(len(design.random))]
        positions, values = zip(*parts, strict=True)
        return np.concatenate(positions, axis=1), np.concatenate(values, axis=1)

    def parts(self, design: Design) -> list[tuple[int, int]]:
        """Which of the t of :meth:`columns` belong to each random effect."""
        widths = [sum(component.codes.shape[1] * component.values.shape[1]
                      for component in term.components) for term in design.random]
        ends = self.fixed_width(design) + np.cumsum(widths, dtype=np.int64)
        return [(int(end) - width, int(end)) for end, width in zip(ends, widths, strict=True)]

    def fixed_width(self, design: Design) -> int:
        """How many of the t of :meth:`columns` belong to fixed terms."""
        counts = np.zeros(len(design.traits), np.int64)
        for term in design.fixed:
            counts[term.trait] += len(term.functions)
        return int(counts.max(initial=0))

    def fixed_columns(self, design: Design) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same for the fixed terms."""
        shape = (design.size, self.fixed_width(design))
        positions, values = np.full(shape, -1, np.int64), np.zeros(shape)
        at = np.zeros(len(design.traits), np.int64)
        for term, offset in zip(design.fixed, self.fixed_offsets, strict=True):
            rows, first, k = design.of_trait(term.trait), at[term.trait], len(term.functions)
            positions[rows, first:first + k] = fixed_positions(term, offset)
            values[rows, first:first + k] = term.values
            at[term.trait] += k
        return positions, values

    def columns_of(
        self, design: Design, effect: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same for one random effect."""
        term = design.random[effect]
        place = np.full(len(design.traits), -1)
        place[list(term.traits)] = np.arange(len(term.traits))
        within = place[design.trait]
        positions, values = [], []
        for first, component in _first_coefficients(term):
            step = np.arange(component.values.shape[1]) * len(term.traits)
            shift = (first + component.shift[design.unit]) * len(term.traits) + within
            for codes in component.codes.T:
                level = codes[design.unit].astype(np.int64)
                start = self.random_offsets[effect] + level * term.width + shift
                there = (level >= 0) & (within >= 0)
                positions.append(np.where(there[:, None], start[:, None] + step, -1))
                values.append(component.values[design.unit])
        return np.concatenate(positions, axis=1), np.concatenate(values, axis=1)


def fixed_positions(term: FixedTerm, offset: int = 0) -> NDArray[np.int64]:
    """Positions of the columns of a fixed term, one row an observation."""
    k = len(term.functions)
    return offset + term.codes.astype(np.int64)[:, None] * k + np.arange(k)


def _first_coefficients(effect: RandomTerm) -> Iterator[tuple[int, RandomComponent]]:
    first = 0
    for component in effect.components:
        yield first, component
        first += len(component.coefficients)


def make_layout(design: Design, groups: tuple[int, ...]) -> Layout:
    """Lay the unknowns out; ``groups`` is the number of groups of each random effect."""
    fixed_offsets, random_offsets, sizes, widths = [], [], [], []
    at = 0
    for term in design.fixed:
        fixed_offsets.append(at)
        at += term.size
    for effect, extra in zip(design.random, groups, strict=True):
        random_offsets.append(at)
        sizes.append(len(effect.levels) + extra)
        widths.append(effect.width)
        at += sizes[-1] * widths[-1]
    return Layout(tuple(fixed_offsets), tuple(random_offsets), tuple(sizes), tuple(widths), at)
