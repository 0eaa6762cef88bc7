"""What the data of a model cannot tell: why variances cannot be separated, and what to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.design import Design, FixedTerm, RandomTerm
from breedeval.model.remarks import is_far_from_zero
from breedeval.model.terms import Polynomial
from breedeval.pedigree.pedigree import Pedigree

Codes = NDArray[np.int32]
FEW = 5
"""Levels under which a variance is hardly estimable."""

SHOWN = 5
"""Names that a message lists."""


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
        precision = equations.precisions[effect]
        if len(term.components) == 1 and term.components[0].codes.shape[1] == 1:
            absorbed = tuple(_same_as_fixed(design, term))
            gaps += absorbed or _few_records(design, term, plain=not precision.of_individuals)
        elif precision.pedigree is not None:
            gaps += _single_progeny(design, term, precision.pedigree)
    gaps += _same_partition(equations)
    gaps += _never_together(equations)
    gaps += _single_classes(design)
    gaps += _far_covariates(design)
    return tuple(gaps)


def shortened(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:SHOWN])} and {more} more"


def _codes(design: Design, term: RandomTerm, trait: int) -> Codes:
    """Level of each observation of a trait, for an effect of one component."""
    codes: Codes = term.components[0].codes[design.unit[design.of_trait(trait)], 0]
    return codes


def _few_records(design: Design, term: RandomTerm, *, plain: bool) -> Iterator[Gap]:
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
            levels = "1 level" if present == 1 else f"{present} levels"
            yield Gap((term.name,), f"'{term.name}' has {levels} with records{words}",
                      f"Take '{term.name}' as a fixed effect, or give its variance", False)


def _single_progeny(design: Design, term: RandomTerm, pedigree: Pedigree) -> Iterator[Gap]:
    """A component of parents, each of whom has one record: that of one offspring."""
    single = [component for component in term.components if component.codes.shape[1] == 1]
    for old, young in permutations(single, 2):
        for trait in term.traits:
            rows = design.unit[design.of_trait(trait)]
            parent, own = old.codes[rows, 0], young.codes[rows, 0]
            both = (parent >= 0) & (own >= 0)
            if np.unique(parent[both]).size == both.sum() and pedigree.are_parents(
                    parent[both], own[both]):
                words = f" of '{design.traits[trait]}'" if len(design.traits) > 1 else ""
                yield Gap((term.name,), f"every individual in '{old.name}' of '{term.name}' has "
                          f"one record{words}, that of its one offspring in '{young.name}', so "
                          "that only relatives tell its effect from the residual",
                          f"Use records of several offspring each, leave '{old.name}' out, or "
                          "give the variances", False)


def _same_as_fixed(design: Design, term: RandomTerm) -> Iterator[Gap]:
    for fixed in design.fixed:
        if fixed.trait not in term.traits or not fixed.is_class or not _plain(term):
            continue
        codes = _codes(design, term, fixed.trait)
        if (codes < 0).any() or not _determines(fixed, codes):
            continue
        if np.unique(codes).size == 1:
            yield Gap((term.name,), f"'{term.name}' has one level only, which the mean takes up: "
                      "nothing is left to estimate its variance from",
                      f"Leave '{term.name}' out", True)
            return
        yield Gap((term.name,), f"each level of '{fixed.name}', which is fixed, has one level of "
                  f"'{term.name}': nothing is left to estimate its variance from",
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


def never_together(equations: Equations) -> Iterator[tuple[str, str]]:
    """Pairs of traits that no record has, where their residual covariance is a parameter."""
    traits, coupled = equations.design.traits, equations.residual.coupled
    has = equations.groups.observed
    for a, b in combinations(range(len(traits)), 2):
        if coupled[a, b] and not (has[:, a] & has[:, b]).any():
            yield traits[a], traits[b]


def _never_together(equations: Equations) -> Iterator[Gap]:
    for one, other in never_together(equations):
        yield Gap(("residual",), f"no record has both '{one}' and '{other}', so that their "
                  "residual covariance cannot be estimated, and nothing else depends on it",
                  "Set 'model: residual: {covariance: diagonal}'; or hold that covariance alone, "
                  f"with 'start' for the residual and \"fix: ['residual({one},{other})']\"", True)


def _single_classes(design: Design) -> Iterator[Gap]:
    """Classes of the residual with one record of a trait."""
    residual = design.residual
    if len(residual.levels) == 1:
        return
    for trait, name in enumerate(design.traits):
        codes = residual.codes[design.unit[design.of_trait(trait)]]
        counts = np.bincount(codes, minlength=len(residual.levels))
        found = [residual.levels[k] for k in np.flatnonzero(counts == 1)]
        if found:
            words = f" of '{name}'" if len(design.traits) > 1 else ""
            one = len(found) == 1
            classes = "class" if one else f"{len(found)} classes"
            yield Gap(("residual",), f"{'a ' * one}{classes} of the residual ({shortened(found)}) "
                      f"{'has' if one else 'have'} one record{words}, which cannot tell a variance",
                      f"Join classes of '{design.model.residual.by}', or leave 'by' out", True)


def _far_covariates(design: Design) -> Iterator[Gap]:
    """Reaction norms on a covariate far from zero, where the levels at 0 are extrapolated."""
    for effect, term in zip(design.model.random, design.random, strict=True):
        for component, part in zip(term.components, effect.parts.values(), strict=True):
            if isinstance(part.basis, Polynomial):
                x = component.values[(component.codes >= 0).any(axis=1), 0]
                if is_far_from_zero(x):
                    yield Gap((term.name,), f"'{part.basis.column}' runs from {x.min():g} to "
                              f"{x.max():g}, far from zero, so that the variances of "
                              f"'{term.name}' at 0 and along it can hardly be told apart",
                              f"Subtract a constant such as {x.mean():.4g} from the column", False)
