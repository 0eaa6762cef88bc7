"""Whose breeding values the records of a trait have: their own individuals', or those of parents.

The share that an additive effect has of the phenotypic variance is a heritability where its levels
are the individuals that are recorded. In a sire model they are sires, and it is a quarter of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Problem
from breedeval.model.design import Design, RandomTerm
from breedeval.pedigree.headers import HEADERS, plain
from breedeval.relationship.precision import Precision

Whose = Literal["own", "sire", "dam", "unsure"]

INDIVIDUALS = HEADERS["individual"] | {
    "genotype", "gen", "line", "variety", "cultivar", "accession", "hybrid", "clone", "tree",
    "plant"}
"""Columns of recorded individuals by their standard names."""


@dataclass(frozen=True, eq=False)
class AdditivePart:
    """One value that a record has of an effect whose solutions are breeding values.

    Parameters
    ----------
    term : RandomTerm
    component : int
        The first of its components.
    source : str
        Column of its levels.
    precision : Precision
    """

    term: RandomTerm
    component: int
    source: str
    precision: Precision

    def levels(self, design: Design, trait: int) -> NDArray[np.int32]:
        """Level in every record of a trait, shape (n,); −1 without one."""
        codes = self.term.components[self.component].codes
        return np.asarray(codes[design.unit[design.of_trait(trait)], 0])


def has_own(design: Design, parts: tuple[AdditivePart, ...], trait: int) -> bool:
    """Whether any part is about the recorded individuals themselves."""
    return any(whose(design, part, parts, trait) == "own" for part in parts)


def whose(
    design: Design, part: AdditivePart, parts: tuple[AdditivePart, ...], trait: int
) -> Whose:
    """Whose breeding value a part is, as far as the model and its records tell.

    The recorded individual's own, where its column is called so, in the pedigree or by custom;
    where it has another part's individual as a parent; where every individual has one record, and
    its column is not called a parent's; or where an effect without relationship has the same
    levels, as a permanent environment has. A sire's or dam's, where its column is called so.
    """
    named = _named(part)
    if named == "own" or _is_child(design, part, parts, trait):
        return "own"
    if named is not None:
        return named
    codes = part.levels(design, trait)
    counts = np.bincount(codes[codes >= 0], minlength=1)
    alone = counts.max(initial=0) <= 1 or _has_permanent(design, codes, trait)
    return "own" if alone else "unsure"


def _named(part: AdditivePart) -> Whose | None:
    """What its column is by its name; None where that says nothing."""
    headers: Mapping[str, str] = {}
    if part.precision.pedigree is not None:
        headers = part.precision.pedigree.headers
    name = plain(part.source)
    if part.source == headers.get("individual") or name in INDIVIDUALS:
        return "own"
    if part.source == headers.get("sire") or name in HEADERS["sire"]:
        return "sire"
    return "dam" if part.source == headers.get("dam") or name in HEADERS["dam"] else None


def _is_child(
    design: Design, part: AdditivePart, parts: tuple[AdditivePart, ...], trait: int
) -> bool:
    pedigree = part.precision.pedigree
    if pedigree is None:
        return False
    young = part.levels(design, trait)
    for other in parts:
        if other is part or other.precision.pedigree is not pedigree:
            continue
        old = other.levels(design, trait)
        both = (young >= 0) & (old >= 0)
        if pedigree.are_parents(old[both], young[both]):
            return True
    return False


def _has_permanent(design: Design, codes: NDArray[np.int32], trait: int) -> bool:
    """Whether an effect without relationship has the same individuals in all records."""
    for term in design.random:
        single = len(term.components) == 1 and term.components[0].codes.shape[1] == 1
        if term.relationship != "identity" or not single or trait not in term.traits:
            continue
        own = term.components[0].codes[design.unit[design.of_trait(trait)], 0]
        pairs = np.unique(np.stack([codes, own]), axis=1).shape[1]
        if pairs == np.unique(codes).size == np.unique(own).size:
            return True
    return False


def no_heritability(
    design: Design, parts: tuple[AdditivePart, ...], trait: int
) -> Iterator[Problem]:
    """Why the shares of the additive effects of a trait are not called heritability."""
    name = design.traits[trait]
    for part in parts:
        kind, effect = whose(design, part, parts, trait), part.term.name
        where = "genetic parameters"
        if kind == "sire":
            yield Problem(
                where, f"the records of '{name}' are those of the offspring of '{effect}' (column "
                f"'{part.source}'), so that its share of the variance is not called heritability",
                "Where mates are unrelated and nobody is inbred it is a quarter of it",
                "Multiply 'variance_ratio' and its standard error by 4")
        elif kind == "dam":
            yield Problem(
                where, f"the records of '{name}' are those of the offspring of '{effect}' (column "
                f"'{part.source}'), so that its share of the variance is not called heritability",
                "It holds a quarter of the additive variance, and all of maternal effects",
                f"If the individuals in '{part.source}' are recorded themselves, it is the "
                "heritability")
        elif kind == "unsure":
            yield Problem(
                where, f"individuals of '{effect}' (column '{part.source}') have several records "
                f"of '{name}', and nothing tells whether they are recorded themselves or are "
                "parents of those that are, so that its share of the variance is not called "
                "heritability",
                "'variance_ratio' is the heritability of one record in the first case, and a "
                "quarter of it if they are sires",
                "Call the column as the pedigree calls its individuals, or add their permanent "
                "environment, if they are recorded themselves")
