"""From centred covariates back to the user's own.

Powers of x far from zero (a year, a date) are nearly multiples of one another, and double
precision cannot tell them apart. Beside an intercept the equations therefore hold powers of
z = (x − c)/s, which span the same space. As Σₖ γₖ zᵏ = Σₖ γₖ s⁻ᵏ Σⱼ (k over j) (−c)ᵏ⁻ʲ xʲ, the
coefficient of xʲ is

    bⱼ = Σ_{k ≥ j} (k over j) (−c)ᵏ⁻ʲ s⁻ᵏ γₖ,

and the terms with j = 0 belong to the intercept. Standard errors follow from b = Tγ by solving with
the rows of T; |X′V⁻¹X| of the user's columns is that of the centred ones times Π s²ᵏ.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from breedeval.model.design import Design
from breedeval.model.layout import Layout

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Restoration:
    """b = Tγ for the positions whose covariates are centred, and for the intercept.

    Parameters
    ----------
    positions : ndarray of int64, shape (r,)
        Positions of the layout that are restored.
    rows : ndarray of float64, shape (r, m)
        T in equation numbers; empty (0, m) where no covariate is centred.
    log_scale : float
        log Π s²ᵏ over the centred columns.
    """

    positions: NDArray[np.int64]
    rows: Vector
    log_scale: float


def make_restoration(
    design: Design, layout: Layout, number: NDArray[np.int32], size: int
) -> Restoration:
    """T for the centred terms of a design; ``number`` as in the equations."""
    offsets = {(term.trait, term.name): offset
               for term, offset in zip(design.fixed, layout.fixed_offsets, strict=True)}
    rows: dict[int, Vector] = {}
    log_scale = 0.0
    for term in design.fixed:
        if not term.is_centred:
            continue
        intercept, first = offsets[term.trait, "intercept"], offsets[term.trait, term.name]
        for k in range(1, len(term.functions) + 1):
            equation = int(number[first + k - 1])
            if equation < 0:
                continue
            log_scale += 2 * k * float(np.log(term.scale))
            for j in range(k + 1):
                position = intercept if j == 0 else first + j - 1
                row = rows.setdefault(position, _unit(number[position], size, own=j == 0))
                row[equation] += comb(k, j) * (-term.centre) ** (k - j) / term.scale**k
    positions = np.array(sorted(rows), np.int64)
    return Restoration(positions, np.array([rows[p] for p in positions]).reshape(-1, size),
                       log_scale)


def _unit(equation: int, size: int, *, own: bool) -> Vector:
    """A row of zeros, with a one at its own equation where the old value stays part of it."""
    row = np.zeros(size)
    if own and equation >= 0:
        row[equation] = 1.0
    return row
