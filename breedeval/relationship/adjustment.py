"""What is done to a genomic matrix before it is used: blend, then tune, then ridge, each once.

    K = G                                  as computed
    K ← (1 − β)K + βA₂₂                    blend (or with I)
    K ← a + bK                             tune
    K ← K + rI                             ridge

All three are linear, so that only means of G and A₂₂ are needed to know the outcome,

    K = s G + t A₂₂ + c 11′ + r I,

and it is made in one step.

References
----------
VanRaden (2008), J. Dairy Sci. 91:4414 (blend); Chen et al. (2011), J. Anim. Sci. 89:2673, and
Vitezica et al. (2011), Genet. Res. 93:357 (tune).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from breedeval.errors import InputError, Problem
from breedeval.relationship.precision import Vector

Tune = Literal["none", "chen", "vitezica"]
BlendWith = Literal["pedigree", "identity"]


@dataclass(frozen=True)
class Means:
    """Of a relationship matrix: its diagonal, and its elements beside the diagonal."""

    diagonal: float
    off: float
    size: int

    @property
    def all(self) -> float:
        """Of every element."""
        return (self.diagonal + (self.size - 1) * self.off) / self.size

    def mixed(self, own: float, other: Means, share: float) -> Means:
        """Means of own × this + share × other."""
        return replace(self, diagonal=own * self.diagonal + share * other.diagonal,
                       off=own * self.off + share * other.off)


@dataclass(frozen=True)
class Adjustment:
    """K = scale·G + pedigree·A₂₂ + constant·11′ + identity·I, and how that came about.

    Parameters
    ----------
    history : tuple of str
        What was done, in this order, with the numbers.
    """

    scale: float = 1.0
    pedigree: float = 0.0
    constant: float = 0.0
    identity: float = 0.0
    history: tuple[str, ...] = ()

    def apply(self, matrix: Vector, block: Vector | None) -> Vector:
        """K in the place of G; ``block`` is A₂₂ where it takes part."""
        if self.scale != 1.0:
            matrix *= self.scale
        if self.pedigree:
            assert block is not None
            for row, other in zip(matrix, block, strict=True):  # no third matrix
                row += self.pedigree * other
        if self.constant:
            matrix += self.constant
        matrix[np.diag_indices(len(matrix))] += self.identity
        return matrix


@dataclass(frozen=True)
class Wanted:
    """The options: β, with what, how to tune, and r."""

    blend: float = 0.0
    blend_with: BlendWith = "pedigree"
    tune: Tune = "none"
    ridge: float = 0.0

    @property
    def needs_pedigree(self) -> bool:
        """Whether A₂₂ takes part."""
        return self.tune != "none" or (self.blend > 0 and self.blend_with == "pedigree")


def means_of(matrix: Vector) -> Means:
    """Means of a dense matrix."""
    size = len(matrix)
    trace = float(np.trace(matrix))
    off = (float(matrix.sum()) - trace) / max(size * (size - 1), 1)
    return Means(trace / max(size, 1), off, size)


def plan_adjustment(
    wanted: Wanted, genomic: Means, pedigree: Means | None, *, history: Sequence[str] = (),
    source: str = "relationships",
) -> Adjustment:
    """Coefficients of an adjustment, from the means of G and A₂₂.

    Parameters
    ----------
    wanted : Wanted
    genomic, pedigree : Means
    history : sequence of str
        What was done to the matrix before; nothing is done twice.
    source : str
        Where the matrix is from, for messages.

    Raises
    ------
    InputError
        When something was done before, or the matrix cannot be tuned.
    """
    _refuse_twice(wanted, history, source)
    found = Adjustment(history=tuple(history))
    now = genomic
    if wanted.blend:
        other = Means(1.0, 0.0, genomic.size) if wanted.blend_with == "identity" else pedigree
        assert other is not None
        now = now.mixed(1 - wanted.blend, other, wanted.blend)
        plain = wanted.blend_with == "identity"
        found = replace(found, scale=1 - wanted.blend, identity=wanted.blend if plain else 0.0,
                        pedigree=0.0 if plain else wanted.blend)
        name = "I" if plain else "A22"
        found = _noted(found, f"blend: {1 - wanted.blend:g} G + {wanted.blend:g} {name}")
    if wanted.tune != "none":
        assert pedigree is not None
        a, b = _tuning(wanted.tune, now, pedigree, source)
        found = replace(found, scale=b * found.scale, pedigree=b * found.pedigree,
                        identity=b * found.identity, constant=a)
        found = _noted(found, f"tune ({wanted.tune}): {a:.6g} + {b:.6g} G")
    if wanted.ridge:
        found = replace(found, identity=found.identity + wanted.ridge)
        found = _noted(found, f"ridge: G + {wanted.ridge:g} I")
    return found


def _tuning(tune: Tune, now: Means, pedigree: Means, source: str) -> tuple[float, float]:
    """a and b of a + bG.

    Chen et al.: the means of the diagonal and beside it are those of A₂₂. Vitezica et al.:
    a = mean(A₂₂) − mean(G) and b = 1 − a/2.
    """
    if tune == "vitezica":
        a = pedigree.all - now.all
        return a, 1 - a / 2
    if now.size < 2 or abs(now.diagonal - now.off) < 1e-12:
        raise InputError(Problem(
            source, f"the {now.size} individuals are all related alike",
            "Tuning needs a diagonal that differs from the other elements", "Use 'tune: none'"))
    b = (pedigree.diagonal - pedigree.off) / (now.diagonal - now.off)
    return pedigree.off - b * now.off, b


def _noted(found: Adjustment, words: str) -> Adjustment:
    return replace(found, history=(*found.history, words))


def _refuse_twice(wanted: Wanted, history: Sequence[str], source: str) -> None:
    asked = {"blend": wanted.blend, "tune": wanted.tune != "none", "ridge": wanted.ridge}
    for word, again in asked.items():
        before = next((line for line in history if line.startswith(word)), None)
        if again and before is not None:
            nothing = "none" if word == "tune" else "0"
            raise InputError(Problem(
                source, f"'{word}' is asked for, and the matrix has it already ({before})",
                "Expected it once", f"Write '{word}: {nothing}', or compute the matrix anew"))
