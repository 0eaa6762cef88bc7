"""Where every unknown stands: the only index arithmetic in the program.

Fixed terms come first, in the order of the run file, level-major with coefficients within; random
effects follow, level-major with the effect's coefficients within (groups after individuals). A
position is where an unknown stands among all; an equation number leaves out the columns that are
set to zero because they depend on others.
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
        Coefficients per level of each random effect.
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
        """Positions and coefficients of every record, shape (n, t); −1 where there is none."""
        positions: list[NDArray[np.int64]] = []
        values: list[NDArray[np.float64]] = []
        for term, offset in zip(design.fixed, self.fixed_offsets, strict=True):
            positions.append(fixed_positions(term, offset))
            values.append(term.values)
        for effect, offset, width in zip(
                design.random, self.random_offsets, self.random_widths, strict=True):
            for first, component in _first_coefficients(effect):
                k = component.values.shape[1]
                for codes in component.codes.T:
                    start = np.where(codes >= 0, offset + codes.astype(np.int64) * width + first,
                                     np.int64(-1))
                    step = np.where(start[:, None] >= 0, np.arange(k), 0)
                    positions.append(start[:, None] + step)
                    values.append(component.values)
        return np.concatenate(positions, axis=1), np.concatenate(values, axis=1)


def fixed_positions(term: FixedTerm, offset: int = 0) -> NDArray[np.int64]:
    """Positions of every record's columns of a fixed term, shape (n, k)."""
    k = len(term.functions)
    return offset + term.codes.astype(np.int64)[:, None] * k + np.arange(k)


def _first_coefficients(effect: RandomTerm) -> Iterator[tuple[int, RandomComponent]]:
    first = 0
    for component in effect.components:
        yield first, component
        first += component.values.shape[1]


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
        widths.append(len(effect.coefficients()))
        at += sizes[-1] * widths[-1]
    return Layout(tuple(fixed_offsets), tuple(random_offsets), tuple(sizes), tuple(widths), at)
