"""Quality control: markers and individuals that are left out, in a fixed order, all listed.

* individuals that the pedigree does not have, then markers of chromosomes to leave out, by their
  name or because it is one of :data:`SEX_CHROMOSOMES`;
* markers, then individuals, with too few calls;
* individuals whose genotypes are those of another;
* individuals, then markers, with parent–progeny conflicts;
* markers that do not vary, then with a rare allele, then out of Hardy–Weinberg proportions.

Each step sees what the steps before it left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.genotypes.calls import Float64, Int64, MarkerCounts
from breedeval.genotypes.conflicts import (
    ROLES,
    Pairs,
    Parents,
    Words,
    individual_words,
    marker_rates,
    pair_rates,
    suggest,
    to_remove,
)
from breedeval.genotypes.duplicates import find_duplicates, less_called, nearest
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.hard_calls import hard_calls
from breedeval.kernels.hardy_weinberg import exact_test

Flags = NDArray[np.bool_]

SEX_CHROMOSOMES = ("X", "Y", "XY", "PAR1", "PAR2", "Z", "W", "M", "MT")
"""Names of sex chromosomes, parts that two of them share, and of mitochondria; ``chr`` may stand
before them. What a number such as 23 is depends on the species."""


@dataclass(frozen=True)
class Thresholds:
    """What is asked of markers and individuals; None where it is not asked.

    Parameters
    ----------
    marker_call_rate, individual_call_rate : float
        Least part with a call.
    maf : float
        Least frequency of the rarer allele.
    hardy_weinberg : float or None
        Least P of the exact test.
    keep_monomorphic : bool
        Whether markers that do not vary stay.
    duplicates : float or None
        Identity from which two individuals are the same.
    individual_conflicts, marker_conflicts : float
        Most opposing homozygotes of a pair of parent and progeny, and of the pairs at a marker.
    only_in_pedigree : bool
        Whether individuals that the pedigree does not have are left out.
    keep_sex_chromosomes : bool
        Whether markers of :data:`SEX_CHROMOSOMES` stay.
    """

    marker_call_rate: float = 0.9
    individual_call_rate: float = 0.9
    maf: float = 0.05
    hardy_weinberg: float | None = None
    keep_monomorphic: bool = False
    duplicates: float | None = None
    individual_conflicts: float = 0.01
    marker_conflicts: float = 0.1
    only_in_pedigree: bool = False
    keep_sex_chromosomes: bool = False


@dataclass(frozen=True, eq=False)
class Batch:
    """Markers or individuals of which the same is said.

    Parameters
    ----------
    what : str
        ``marker`` or ``individual``.
    reason : str
    names : list of str, length k
    values : ndarray of float64, shape (k,)
        What was found; NaN where there is no number.
    limit : float
        What was asked; NaN where there is no number.
    others : list of str, length k
        Another individual that it is about; empty where there is none.
    removed : bool
        Whether they were left out, or are only told.
    """

    what: str
    reason: str
    names: list[str]
    values: Float64
    limit: float
    others: list[str] = field(default_factory=list)
    removed: bool = True


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Genotypes after quality control.

    Parameters
    ----------
    genotypes : Genotypes
    individuals, markers : int
        Those that were read.
    batches : tuple of Batch
        In the order of the steps; no batch is empty.
    """

    genotypes: Genotypes
    individuals: int
    markers: int
    batches: tuple[Batch, ...]

    def removed(self, what: str) -> list[str]:
        """Names of the markers, or individuals, that were left out."""
        return [name for batch in self.batches if batch.removed and batch.what == what
                for name in batch.names]


def clean(
    genotypes: Genotypes, thresholds: Thresholds | None = None, *,
    excluded: tuple[str, ...] = (), parents: Parents | None = None,
) -> Cleaned:
    """Leave out markers and individuals that fall short.

    Parameters
    ----------
    genotypes : Genotypes
    thresholds : Thresholds, optional
        Without, only the chromosomes named are left out, and those of sex told.
    excluded : tuple of str
        Chromosomes to leave out.
    parents : Parents, optional
        What the pedigree says; without, conflicts are not looked for.

    Raises
    ------
    InputError
        When nothing is left, or a test does not go with these genotypes.

    Notes
    -----
    Cost: a few passes over the calls; see :mod:`breedeval.genotypes.duplicates` for these.
    """
    work = _Work(genotypes, parents)
    if parents is not None:
        remove = thresholds is not None and thresholds.only_in_pedigree
        work.by_pedigree(parents, "remove" if remove else "keep")
    if excluded:
        work.exclude(excluded)
    if thresholds is None or not thresholds.keep_sex_chromosomes:
        work.by_sex_chromosomes("keep" if thresholds is None else "remove")
    if thresholds is not None:
        _check_fits(genotypes, thresholds)
        work.by_calls(thresholds)
        if thresholds.duplicates is not None:
            work.by_identity(thresholds.duplicates)
        if work.parents is not None:
            work.by_conflicts(thresholds.individual_conflicts, thresholds.marker_conflicts)
        work.by_frequency(thresholds)
    left = work.genotypes
    if not (left.calls.markers and left.calls.individuals):
        raise InputError(Problem(
            genotypes.source, "quality control leaves " +
            ("no marker" if left.calls.individuals else "no individual"),
            f"{_counted(work.batches)}", "Ask for less under 'genotypes: quality'"))
    return Cleaned(left, genotypes.calls.individuals, genotypes.calls.markers,
                   tuple(work.batches))


def _check_fits(genotypes: Genotypes, thresholds: Thresholds) -> None:
    asked = {"hardy_weinberg": thresholds.hardy_weinberg, "duplicates": thresholds.duplicates}
    names = [name for name, value in asked.items() if value is not None]
    if genotypes.calls.ploidy != 2 and names:
        raise InputError(Problem(
            genotypes.source, f"'quality: {names[0]}' is asked for and the ploidy is "
            f"{genotypes.calls.ploidy}", "Expected diploids", f"Leave out '{names[0]}'"))


def _counted(batches: list[Batch]) -> str:
    return "Left out: " + ", ".join(
        f"{len(batch.names):,} {batch.what}s ({batch.reason})" for batch in batches
        if batch.removed)


def absent_chromosomes(genotypes: Genotypes, excluded: tuple[str, ...]) -> list[str]:
    """Those of the chromosomes to leave out that no marker is on."""
    there = set(pc.unique(genotypes.markers.chromosome).to_pylist())
    return [name for name in excluded if name not in there]


def hardy_weinberg_p(counts: MarkerCounts) -> Float64:
    """P of the exact test for every marker, from the calls of diploids, shape (m,)."""
    second = np.rint((counts.total - counts.heterozygous) / 2).astype(np.int64)
    first = counts.called - counts.heterozygous - second
    return np.asarray(exact_test(first, counts.heterozygous.astype(np.int64), second))


class _Work:
    """Genotypes on their way through the steps."""

    def __init__(self, genotypes: Genotypes, parents: Parents | None) -> None:
        self.genotypes = genotypes
        self.parents = parents
        self.batches: list[Batch] = []

    def tell(
        self, what: str, reason: str, rows: Int64, values: Float64 | None = None,
        limit: float = np.nan, *, others: list[str] | None = None, removed: bool = False,
    ) -> None:
        """Take something down; ``values`` are of these rows."""
        if not rows.size:
            return
        levels = (self.genotypes.individuals if what == "individual"
                  else self.genotypes.markers.names)
        names = [str(name) for name in levels.labels.take(pa.array(rows)).to_pylist()]
        self.batches.append(Batch(
            what, reason, names, np.full(rows.size, np.nan) if values is None else values, limit,
            others or [""] * rows.size, removed))

    def drop_markers(self, reason: str, wrong: Flags, values: Float64, limit: float) -> None:
        """Leave out the markers flagged."""
        rows = np.flatnonzero(wrong)
        self.tell("marker", reason, rows, values[rows], limit, removed=True)
        if rows.size:
            self.genotypes = self.genotypes.select(markers=np.flatnonzero(~wrong))

    def drop_individuals(
        self, reason: str, rows: Int64, values: Float64, limit: float, others: list[str],
    ) -> None:
        """Leave out some individuals; the values are of these."""
        self.tell("individual", reason, rows, values, limit, others=others, removed=True)
        if not rows.size:
            return
        kept = np.setdiff1d(np.arange(len(self.genotypes.individuals)), rows)
        self.genotypes = self.genotypes.select(individuals=kept)
        if self.parents is not None:
            self.parents = self.parents.take(kept)

    def by_pedigree(self, parents: Parents, strangers: Literal["keep", "remove"]) -> None:
        """Step 1."""
        rows = np.flatnonzero(~parents.listed)
        if strangers == "keep":
            self.tell("individual", "not in the pedigree", rows)
        else:
            self.drop_individuals("not in the pedigree", rows, np.full(rows.size, np.nan), np.nan,
                                  [""] * rows.size)

    def exclude(self, chromosomes: tuple[str, ...]) -> None:
        """Step 2."""
        flags = _is_in(self.genotypes.markers.chromosome, chromosomes)
        self.drop_markers("excluded chromosome", flags, np.full(flags.size, np.nan), np.nan)

    def by_sex_chromosomes(self, markers: Literal["keep", "remove"]) -> None:
        """Step 2, of chromosomes that are not inherited as others are."""
        names = pc.utf8_upper(self.genotypes.markers.chromosome)
        names = pc.replace_substring_regex(names, "^CHR", "")
        flags = _is_in(names, SEX_CHROMOSOMES)
        if markers == "keep":
            self.tell("marker", "sex chromosome", np.flatnonzero(flags))
        else:
            self.drop_markers("sex chromosome", flags, np.full(flags.size, np.nan), np.nan)

    def by_calls(self, asked: Thresholds) -> None:
        """Steps 3 and 4."""
        rate = self.genotypes.calls.counts().called / max(self.genotypes.calls.individuals, 1)
        self.drop_markers("call rate", rate < asked.marker_call_rate, rate,
                          asked.marker_call_rate)
        markers = max(self.genotypes.calls.markers, 1)
        rate = self.genotypes.calls.called_by_individual() / markers
        rows = np.flatnonzero(rate < asked.individual_call_rate)
        self.drop_individuals("call rate", rows, rate[rows], asked.individual_call_rate,
                              [""] * rows.size)

    def by_identity(self, identity: float) -> None:
        """Step 5."""
        found = find_duplicates(hard_calls(self.genotypes.calls), identity)
        gone = less_called(found, self.genotypes.calls.called_by_individual())
        others = [nearest(found, row, gone) for row in gone.tolist()]
        self.drop_individuals(
            "duplicate", gone, np.array([same for same, _ in others]), identity,
            [self.genotypes.individuals[other] for _, other in others])

    def by_conflicts(self, individual: float, marker: float) -> None:
        """Steps 6 and 7."""
        assert self.parents is not None
        calls = hard_calls(self.genotypes.calls)
        words = individual_words(calls)
        pairs = pair_rates(words, self.parents)
        failing = pairs.rate > individual
        self._tell_pairs(pairs.take(failing), individual)
        gone = to_remove(pairs, failing)
        self._suggest(words, pairs.take(failing), gone, individual)
        worst = [_worst(pairs, int(row), failing) for row in gone]
        self.drop_individuals(
            "parent-progeny conflict", gone, np.array([rate for rate, _ in worst]), individual,
            [self.genotypes.individuals[other] for _, other in worst])
        left = ~np.isin(pairs.progeny, gone) & ~np.isin(pairs.parent, gone)
        rate = marker_rates(calls, pairs.take(left))
        self.drop_markers("parent-progeny conflict", rate > marker, rate, marker)

    def _tell_pairs(self, pairs: Pairs, limit: float) -> None:
        for role, word in enumerate(ROLES):
            some = pairs.take(pairs.role == role)
            self.tell("individual", f"conflict with its {word}", some.progeny, some.rate, limit,
                      others=self._people(some.parent.tolist()))

    def _suggest(self, words: Words, pairs: Pairs, gone: Int64, limit: float) -> None:
        """Likely parents of the progeny that are left out."""
        assert self.parents is not None
        for progeny, role in zip(pairs.progeny.tolist(), pairs.role.tolist(), strict=True):
            found = suggest(words, self.parents, progeny, role, limit) if progeny in gone else None
            if found is not None:
                further = found.fitting - len(found.candidates)
                named = ", ".join(self._people(list(found.candidates)))
                self.tell("individual", f"likely {found.role}", np.array([progeny]),
                          np.array([found.rate]), limit,
                          others=[named + (f" and {further} more" if further else "")])

    def _people(self, rows: list[int]) -> list[str]:
        return [self.genotypes.individuals[row] for row in rows]

    def by_frequency(self, asked: Thresholds) -> None:
        """Steps 8 to 10."""
        counts = self.genotypes.calls.counts()
        same = counts.squares * counts.called <= counts.total**2
        rare = np.nan_to_num(np.minimum(counts.frequency, 1 - counts.frequency))
        keeps = asked.keep_monomorphic
        if not keeps:
            self.drop_markers("monomorphic", same, rare, np.nan)
            rare, same = rare[~same], same[~same]
        wrong = (rare < asked.maf) & ~same
        self.drop_markers("minor allele frequency", wrong, rare, asked.maf)
        if asked.hardy_weinberg is not None:
            p = hardy_weinberg_p(hard_calls(self.genotypes.calls).counts())
            self.drop_markers("Hardy-Weinberg", p < asked.hardy_weinberg, p, asked.hardy_weinberg)


def _is_in(names: pa.Array, wanted: tuple[str, ...]) -> Flags:
    found = pc.is_in(names, value_set=pa.array(wanted, pa.large_string()))
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)


def _worst(pairs: Pairs, row: int, failing: Flags) -> tuple[float, int]:
    """Highest rate among the failing pairs of an individual, and the other of that pair."""
    its = failing & ((pairs.progeny == row) | (pairs.parent == row))
    at = int(np.flatnonzero(its)[np.argmax(pairs.rate[its])])
    other = pairs.parent[at] if pairs.progeny[at] == row else pairs.progeny[at]
    return float(pairs.rate[at]), int(other)
