"""A pedigree in figures: what a breeder asks of a herd book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings
from breedeval.kernels.ancestry import equivalent_generations
from breedeval.pedigree import diversity
from breedeval.pedigree.diversity import Contributions, EffectiveSize, Reference
from breedeval.pedigree.inbreeding import Inbreeding
from breedeval.pedigree.pedigree import Pedigree

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Column = NDArray[np.float64] | NDArray[np.int64] | list[str]
Fact = tuple[str, str]

_GENERATIONS_BACK = 12
_SHOWN_CONTRIBUTORS = 20


@dataclass(frozen=True, eq=False)
class Description:
    """Figures of a pedigree.

    Parameters
    ----------
    facts : list of (str, str)
        What, and how much of it, ready to print.
    tables : mapping of str to columns
        ``inbreeding_by_birth_year`` (only where births are known), ``inbreeding_by_generation``,
        ``completeness``, ``family_sizes``, ``contributors``, ``ancestors``; each a mapping of
        column name to an array or a list of text.
    warnings : tuple of str
        What was found amiss while the file was read.
    """

    facts: list[Fact]
    tables: Mapping[str, Mapping[str, Column]]
    warnings: tuple[str, ...]


def describe(
    pedigree: Pedigree, inbreeding: Inbreeding, findings: Findings | None = None
) -> Description:
    """Describe a pedigree: size, completeness, inbreeding, families, contributors, Nₑ.

    Parameters
    ----------
    pedigree : Pedigree
        Parents before progeny.
    inbreeding : Inbreeding
        Of everybody.
    findings : Findings, optional
        What was found while the pedigree was read.

    Notes
    -----
    Cost: linear, but for the effective number of ancestors, which is bounded.
    """
    f = inbreeding.coefficients
    depth = equivalent_generations(pedigree.sire, pedigree.dam)
    reference = diversity.reference_population(pedigree)
    founders = diversity.founder_contributions(pedigree, reference)
    ancestors = diversity.ancestor_contributions(pedigree, reference)
    facts = [
        *_sizes(pedigree),
        ("Generations, at most", f"{int(pedigree.generation.max(initial=0))}"),
        ("Equivalent complete generations", f"{_mean(depth):.2f} on average, "
         f"{depth.max(initial=0.0):.2f} at most"),
        *_inbreeding_facts(pedigree, f),
        *_family_facts(pedigree),
        *_diversity_facts(pedigree, f, reference, founders, ancestors),
        *_finding_facts(findings),
    ]
    tables: dict[str, Mapping[str, Column]] = {}
    if not np.isnan(pedigree.birth_year).all():
        tables["inbreeding_by_birth_year"] = _by_class(
            "birth_year", np.floor(pedigree.birth_year), f, depth)
    tables["inbreeding_by_generation"] = _by_class(
        "generation", pedigree.generation.astype(np.float64), f, depth)
    tables["completeness"] = _completeness(pedigree)
    tables["family_sizes"] = _family_sizes(pedigree)
    tables["contributors"] = _contributors(pedigree, founders, "contribution")
    tables["ancestors"] = _contributors(pedigree, ancestors, "marginal_contribution")
    return Description(facts, tables, findings.warnings if findings else ())


def _sizes(pedigree: Pedigree) -> list[Fact]:
    known = (pedigree.sire >= 0).astype(np.int64) + (pedigree.dam >= 0)
    founders = int((known == 0).sum())
    added = int((~pedigree.listed).sum())
    note = f", {added:,} of them without a line of their own" if added else ""
    facts = [
        ("Individuals", f"{len(pedigree):,}"),
        ("Founders", f"{founders:,}{note}"),
        ("Both parents known", _part(int((known == 2).sum()), len(pedigree))),
        ("One parent known", _part(int((known == 1).sum()), len(pedigree))),
        ("Sires", f"{_progeny(pedigree.sire)[0].size:,}"),
        ("Dams", f"{_progeny(pedigree.dam)[0].size:,}"),
    ]
    if len(pedigree.groups):
        grouped = int((pedigree.sire_group >= 0).sum() + (pedigree.dam_group >= 0).sum())
        facts.append(("Unknown-parent groups", f"{len(pedigree.groups):,}, of {grouped:,} parents"))
    if pedigree.clone_of:
        facts.append(("Clones", f"{len(pedigree.clone_of):,}"))
    return facts


def _inbreeding_facts(pedigree: Pedigree, f: Float64) -> list[Fact]:
    inbred = f > 0
    facts = [("Inbred individuals", _part(int(inbred.sum()), len(pedigree))),
             ("Mean inbreeding", f"{_mean(f):.4f}")]
    if inbred.any():
        most = int(np.argmax(f))
        facts += [("Mean inbreeding of the inbred", f"{_mean(f[inbred]):.4f}"),
                  ("Highest inbreeding", f"{f[most]:.4f} ({pedigree.individuals[most]})")]
    return facts


def _family_facts(pedigree: Pedigree) -> list[Fact]:
    facts = []
    sizes = _full_sibs(pedigree)
    if sizes.size:
        facts.append(("Full-sib families", f"{sizes.size:,} of {_mean(sizes):.1f} on average, "
                      f"{sizes.max():,} at most"))
    for word, parent in (("sire", pedigree.sire), ("dam", pedigree.dam)):
        rows, counts = _progeny(parent)
        if rows.size:
            most = int(np.argmax(counts))
            facts.append((f"Progeny of a {word}", f"{_mean(counts):.1f} on average, "
                          f"{counts[most]:,} at most ({pedigree.individuals[rows[most]]})"))
    return facts


def _diversity_facts(
    pedigree: Pedigree, f: Float64, reference: Reference, founders: Contributions,
    ancestors: Contributions,
) -> list[Fact]:
    facts = []
    interval = diversity.generation_interval(pedigree)
    if not np.isnan(interval):
        facts.append(("Generation interval", f"{interval:.1f} years"))
    if not reference.rows.size:
        return facts
    facts.append(("Reference population", f"{reference.rows.size:,} ({reference.words})"))
    facts.append(("Effective number of founders", f"{founders.effective:,.1f}"))
    if not np.isnan(ancestors.effective):
        half = int(np.searchsorted(np.cumsum(ancestors.shares), 0.5)) + 1
        facts += [("Effective number of ancestors", f"{ancestors.effective:,.1f}"),
                  ("Ancestors that explain half of the genes", f"{half:,}")]
    by_individuals = diversity.effective_size_by_individuals(pedigree, f, reference)
    facts += _size_fact("Effective size, from individual increase in inbreeding", by_individuals)
    by_years = diversity.effective_size_by_years(pedigree, f)
    facts += _size_fact("Effective size, from regression over birth years", by_years)
    return facts


def _size_fact(what: str, size: EffectiveSize) -> list[Fact]:
    return [] if np.isnan(size.size) else [(what, f"{size.size:,.1f} ± {size.se:,.1f}")]


def _finding_facts(findings: Findings | None) -> list[Fact]:
    if findings is None:
        return []
    counts = findings.counts()
    return [("Kinds of faults and warnings", ", ".join(
        f"{kind} ({count:,})" for kind, count in counts.items()) or "none")]


def _by_class(name: str, classes: Float64, f: Float64, depth: Float64) -> dict[str, Column]:
    """Numbers, mean and highest inbreeding of every class, where the class is known."""
    known = ~np.isnan(classes)
    values, index, counts = np.unique(classes[known], return_inverse=True, return_counts=True)
    highest = np.full(values.size, -np.inf)
    np.maximum.at(highest, index, f[known])
    return {
        name: values.astype(np.int64),
        "individuals": counts.astype(np.int64),
        "mean_inbreeding": np.bincount(index, f[known], values.size) / counts,
        "max_inbreeding": highest,
        "mean_equivalent_generations": np.bincount(index, depth[known], values.size) / counts,
    }


def _completeness(pedigree: Pedigree) -> dict[str, Column]:
    back = min(int(pedigree.generation.max(initial=0)), _GENERATIONS_BACK)
    return {"generation_back": np.arange(1, back + 1, dtype=np.int64),
            "percent_known": 100.0 * diversity.completeness(pedigree, back)}


def _family_sizes(pedigree: Pedigree) -> dict[str, Column]:
    """How many families there are of every size: full sibs, progeny of a sire, of a dam."""
    kinds: list[str] = []
    sizes, families = [], []
    for kind, found in (("full sibs", _full_sibs(pedigree)),
                        ("sire", _progeny(pedigree.sire)[1]), ("dam", _progeny(pedigree.dam)[1])):
        size, number = np.unique(found, return_counts=True)
        kinds += [kind] * size.size
        sizes.append(size)
        families.append(number)
    return {"family": kinds, "size": np.concatenate(sizes).astype(np.int64),
            "families": np.concatenate(families).astype(np.int64)}


def _contributors(
    pedigree: Pedigree, contributions: Contributions, name: str
) -> dict[str, Column]:
    shown = contributions.rows[:_SHOWN_CONTRIBUTORS]
    shares = contributions.shares[:_SHOWN_CONTRIBUTORS]
    return {"individual": [pedigree.individuals[row] for row in shown], name: shares,
            "cumulative": np.cumsum(shares)}


def _full_sibs(pedigree: Pedigree) -> Int64:
    """Sizes of the families of full sibs (two parents known)."""
    both = (pedigree.sire >= 0) & (pedigree.dam >= 0)
    pairs = pedigree.sire[both].astype(np.int64) * len(pedigree) + pedigree.dam[both]
    _, sizes = np.unique(pairs, return_counts=True)
    return np.asarray(sizes, np.int64)


def _progeny(parent: NDArray[np.int32]) -> tuple[Int64, Int64]:
    """Rows of the parents and the number of progeny of each."""
    counts = np.bincount(parent[parent >= 0], minlength=0)
    rows = np.flatnonzero(counts)
    return rows.astype(np.int64), counts[rows].astype(np.int64)


def _mean(values: NDArray[np.float64] | NDArray[np.int64]) -> float:
    return float(values.mean()) if values.size else 0.0


def _part(count: int, total: int) -> str:
    return f"{count:,} ({100.0 * count / max(total, 1):.1f} %)"
