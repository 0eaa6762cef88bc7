"""What the data of a model cannot tell: why variances cannot be separated, and what to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.design import Design, FixedTerm, RandomTerm

Codes = NDArray[np.int32]
FEW = 5
"""Levels under which a variance is hardly estimable."""


@dataclass(frozen=True)
class Gap:
    """Something that the data lack for a parameter.

    Parameters
    ----------
    effects : tuple of str
        Random effects concerned, ``residual`` among them.
    found : str
        What the data are like.
    remedy : str
        What to try.
    hopeless : bool
        Whether the parameters cannot be told apart by any data of this design.
    """

    effects: tuple[str, ...]
    found: str
    remedy: str
    hopeless: bool


def find_gaps(equations: Equations) -> tuple[Gap, ...]:
    """Everything that makes the variances of a model hard or impossible to separate.

    Parameters
    ----------
    equations : Equations

    Notes
    -----
    O(N log N) for an effect, or a pair of effects.
    """
    design = equations.design
    gaps: list[Gap] = []
    for effect, term in enumerate(design.random):
        plain = not equations.precisions[effect].of_individuals
        if len(term.components) == 1 and term.components[0].codes.shape[1] == 1:
            gaps += _single_records(design, term, plain=plain)
            gaps += _same_as_fixed(design, term)
    gaps += _same_partition(equations)
    gaps += _never_together(design, equations)
    return tuple(gaps)


def _codes(design: Design, term: RandomTerm, trait: int) -> Codes:
    """Level of each observation of a trait, for an effect of one component."""
    codes: Codes = term.components[0].codes[design.unit[design.of_trait(trait)], 0]
    return codes


def _single_records(design: Design, term: RandomTerm, *, plain: bool) -> Iterator[Gap]:
    for trait in term.traits:
        codes = _codes(design, term, trait)
        counts = np.bincount(codes[codes >= 0], minlength=len(term.levels))
        words = f" of '{design.traits[trait]}'" if len(design.traits) > 1 else ""
        present = int((counts > 0).sum())
        if plain and _plain(term) and present and counts.max() <= 1 and (
                design.weights == design.weights[0]).all():
            yield Gap((term.name, "residual"), f"every level of '{term.name}' has one record"
                      f"{words}, so that its variance cannot be told from the residual",
                      f"Leave '{term.name}' out, or use records that repeat its levels", True)
        elif present < FEW:
            yield Gap((term.name,), f"'{term.name}' has {present} levels with records{words}",
                      f"Take '{term.name}' as a fixed effect, or give its variance", False)


def _same_as_fixed(design: Design, term: RandomTerm) -> Iterator[Gap]:
    for fixed in design.fixed:
        if fixed.trait in term.traits and fixed.is_class and len(fixed.levels) > 1:
            codes = _codes(design, term, fixed.trait)
            if (codes >= 0).all() and _determines(fixed, codes):
                yield Gap((term.name,), f"each level of '{fixed.name}', which is fixed, has one "
                          f"level of '{term.name}': nothing is left to estimate its variance from",
                          f"Remove '{fixed.name}' from 'fixed', or leave '{term.name}' out", True)


def _plain(term: RandomTerm) -> bool:
    """Whether every record has its level's value itself, not a multiple of it."""
    return bool((term.components[0].values == 1.0).all()
                and len(term.components[0].coefficients) == 1)


def _determines(fixed: FixedTerm, codes: Codes) -> bool:
    """Whether each class of the fixed effect holds one level only."""
    pairs = np.unique(np.stack([fixed.codes, codes]), axis=1).shape[1]
    return bool(pairs == np.unique(fixed.codes).size)


def _same_partition(equations: Equations) -> Iterator[Gap]:
    design = equations.design
    for (i, one), (j, other) in combinations(enumerate(design.random), 2):
        if one.relationship != other.relationship and (
                equations.precisions[i].of_individuals or equations.precisions[j].of_individuals):
            continue
        if len(one.components) > 1 or len(other.components) > 1:
            continue
        for trait in sorted(set(one.traits) & set(other.traits)):
            a, b = _codes(design, one, trait), _codes(design, other, trait)
            pairs = np.unique(np.stack([a, b]), axis=1).shape[1]
            if pairs == np.unique(a).size == np.unique(b).size and (
                    _plain(one) and _plain(other)):
                yield Gap((one.name, other.name), f"'{one.name}' and '{other.name}' group the "
                          "records in the same way, so that only the sum of their variances can "
                          "be estimated", "Leave one of the two out", True)
                break


def _never_together(design: Design, equations: Equations) -> Iterator[Gap]:
    """Pairs of traits that no record has, where their residual covariance is a parameter."""
    coupled = equations.residual.coupled
    has = equations.groups.observed
    for a, b in combinations(range(len(design.traits)), 2):
        if coupled[a, b] and not (has[:, a] & has[:, b]).any():
            yield Gap(("residual",), f"no record has both '{design.traits[a]}' and "
                      f"'{design.traits[b]}', so that their residual covariance cannot be "
                      "estimated", "Set 'model: residual: {covariance: diagonal}'", True)
