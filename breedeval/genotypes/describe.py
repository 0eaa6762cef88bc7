"""Genotypes in figures: what a person asks of a chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Float64, MarkerCounts
from breedeval.genotypes.conflicts import ROLES, Parents, individual_words, pair_rates
from breedeval.genotypes.duplicates import find_duplicates
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.hard_calls import hard_calls
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.packed import Packed
from breedeval.genotypes.quality import Cleaned, Thresholds
from breedeval.levels import natural_order

Column = Float64 | NDArray[np.int64] | list[str]
Tables = dict[str, Mapping[str, Column]]
Fact = tuple[str, str]

SAME = 0.99
"""Identity from which two individuals are listed as the same, where none is asked for."""

CLASSES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Ends of the classes of allele frequencies."""

_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Description:
    """Figures of a set of genotypes.

    Parameters
    ----------
    facts : list of (str, str)
        What, and how much of it, ready to print.
    tables : mapping of str to columns
        ``minor_allele_frequencies``, ``chromosomes``, and where there are any ``duplicates``,
        ``conflicts`` and ``left_out``; each a mapping of column name to an array or a list.
    """

    facts: list[Fact]
    tables: Tables


def describe(
    genotypes: Genotypes, *, parents: Parents | None = None, asked: Thresholds | None = None,
) -> Description:
    """Describe genotypes: size, calls, frequencies, heterozygosity, duplicates, conflicts.

    Parameters
    ----------
    genotypes : Genotypes
    parents : Parents, optional
        What the pedigree says of the individuals.
    asked : Thresholds, optional
        From where duplicates and conflicts are told; else the usual ones.

    Notes
    -----
    Cost: a few passes over the calls; see :mod:`breedeval.genotypes.duplicates` for these.
    """
    calls, counts = genotypes.calls, genotypes.calls.counts()
    thresholds = asked or Thresholds()
    facts = [*_sizes(genotypes), *_call_facts(calls, counts), *_variation(calls, counts)]
    tables: Tables = {"minor_allele_frequencies": _frequencies(counts)}
    if genotypes.markers.chromosome.null_count < len(genotypes.markers):
        tables["chromosomes"] = _chromosomes(genotypes.markers)
    hard = hard_calls(calls)
    if calls.ploidy == 2:
        identity = thresholds.duplicates or SAME
        pairs = _duplicates(genotypes, hard, identity)
        facts.append((f"Pairs the same at {100 * identity:g} % of markers or more",
                      f"{len(pairs['individual']):,}"))
        if len(pairs["individual"]):
            tables["duplicates"] = pairs
    if parents is not None:
        told, facts_of_pairs = _conflicts(genotypes, hard, parents, thresholds)
        facts += facts_of_pairs
        if len(told["progeny"]):
            tables["conflicts"] = told
    return Description(facts, tables)


def removals(cleaned: Cleaned) -> Mapping[str, Column]:
    """What quality control left out, and told, by reason."""
    batches = cleaned.batches
    return {
        "what": [f"{batch.what}s" for batch in batches],
        "reason": [batch.reason for batch in batches],
        "limit": np.array([batch.limit for batch in batches]),
        "number": np.array([len(batch.names) for batch in batches], np.int64),
        "left out": ["yes" if batch.removed else "no" for batch in batches]}


def _sizes(genotypes: Genotypes) -> list[Fact]:
    calls = genotypes.calls
    packed = isinstance(calls, Packed)
    size = calls.markers * (-(-calls.individuals // 4) if packed else 4 * calls.individuals)
    return [("Individuals", f"{calls.individuals:,}"), ("Markers", f"{calls.markers:,}"),
            ("Ploidy", str(calls.ploidy)),
            ("Held as", f"{'2 bits a call' if packed else 'dosages of 4 bytes'}, "
             f"{size / 1e6:,.1f} MB")]


def _call_facts(calls: Calls, counts: MarkerCounts) -> list[Fact]:
    n, m = max(calls.individuals, 1), max(calls.markers, 1)
    by_marker, by_individual = counts.called / n, calls.called_by_individual() / m
    return [("Missing calls", f"{1 - by_marker.mean():.3%}"),
            ("Call rate of markers", _range(by_marker)),
            ("Call rate of individuals", _range(by_individual))]


def _range(values: Float64) -> str:
    return f"{values.mean():.4f} on average, {values.min():.4f} at least"


def _variation(calls: Calls, counts: MarkerCounts) -> list[Fact]:
    p = counts.frequency[counts.called > 0]
    expected = 1 - p**calls.ploidy - (1 - p)**calls.ploidy
    observed = counts.heterozygous[counts.called > 0] / counts.called[counts.called > 0]
    same = int((counts.squares * counts.called <= counts.total**2).sum())
    individual = _heterozygosity(calls)
    return [("Markers that do not vary", f"{same:,}"),
            ("Heterozygosity", f"{observed.mean():.4f} (Hardy–Weinberg {expected.mean():.4f})"),
            ("Heterozygosity of individuals", f"{np.nanmin(individual):.4f} to "
             f"{np.nanmax(individual):.4f}")]


def _heterozygosity(calls: Calls) -> Float64:
    """Part of the called markers at which each individual has some of both alleles."""
    inside = np.zeros(calls.individuals)
    for start in range(0, calls.markers, _BLOCK):
        block = calls.block(start, min(start + _BLOCK, calls.markers))
        inside += ((block > 0) & (block < calls.ploidy)).sum(axis=0)
    called = calls.called_by_individual()
    return np.where(called > 0, inside / np.maximum(called, 1), np.nan)


def _frequencies(counts: MarkerCounts) -> Mapping[str, Column]:
    p = counts.frequency[counts.called > 0]
    rare = np.minimum(p, 1 - p)
    place = np.searchsorted(CLASSES, np.clip(rare, 0, 0.5) - 1e-12)
    numbers = np.bincount(place, minlength=len(CLASSES))[:len(CLASSES)]
    labels = ["0", *(f"{low:g} to {high:g}" for low, high in pairwise(CLASSES))]
    return {"frequency": labels, "markers": numbers.astype(np.int64)}


def _chromosomes(markers: Markers) -> Mapping[str, Column]:
    names = np.array([name or "unknown" for name in markers.chromosome.to_pylist()], dtype=object)
    found = sorted(set(names.tolist()))
    found = [found[at] for at in natural_order(found)]
    rows = [np.flatnonzero(names == name) for name in found]
    return {"chromosome": found, "markers": np.array([row.size for row in rows], np.int64),
            "first": np.array([_first(markers.position[row]) for row in rows], np.int64),
            "last": np.array([markers.position[row].max() for row in rows], np.int64)}


def _first(positions: NDArray[np.int64]) -> int:
    """The lowest that is known."""
    known = positions[positions > 0]
    return int(known.min()) if known.size else 0


def _duplicates(
    genotypes: Genotypes, hard: Packed, identity: float
) -> Mapping[str, Column]:
    found = find_duplicates(hard, identity)
    people = genotypes.individuals
    return {"individual": [people[row] for row in found.first.tolist()],
            "same as": [people[row] for row in found.second.tolist()],
            "identity": found.identity}


def _conflicts(
    genotypes: Genotypes, hard: Packed, parents: Parents, asked: Thresholds
) -> tuple[Mapping[str, Column], list[Fact]]:
    pairs = pair_rates(individual_words(hard), parents)
    failing = pairs.take(pairs.rate > asked.individual_conflicts)
    people = genotypes.individuals
    told: Mapping[str, Column] = {
        "progeny": [people[row] for row in failing.progeny.tolist()],
        "parent": [people[row] for row in failing.parent.tolist()],
        "as": [ROLES[role] for role in failing.role.tolist()],
        "opposing homozygotes": failing.rate}
    return told, [
        ("Not in the pedigree", f"{int((~parents.listed).sum()):,}"),
        ("Pairs of parent and progeny", f"{pairs.rate.size:,}"),
        (f"Of these with more than {100 * asked.individual_conflicts:g} % opposing homozygotes",
         f"{failing.rate.size:,}")]
