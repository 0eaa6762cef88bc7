"""How much of the founders is left: contributions, effective numbers, effective size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.ancestry import (
    equivalent_generations,
    marginal_contributions,
    send_to_parents,
)
from breedeval.pedigree.pedigree import Pedigree

Float64 = NDArray[np.float64]
Rows = NDArray[np.int64]

_RECENT = 0.05
_ENOUGH = 0.999
_WORK = 2e8


@dataclass(frozen=True, eq=False)
class Reference:
    """The individuals whose genes are traced back.

    Parameters
    ----------
    rows : ndarray of int64, shape (N,)
        Their rows.
    words : str
        Who they are.
    """

    rows: Rows
    words: str


@dataclass(frozen=True, eq=False)
class Contributions:
    """Contributions of single individuals to the reference population, falling.

    Parameters
    ----------
    rows : ndarray of int64, shape (k,)
        Who contributes.
    shares : ndarray of float64, shape (k,)
        Parts of the gene pool.
    effective : float
        1/Σ share²; NaN where not all of the gene pool was traced.
    """

    rows: Rows
    shares: Float64
    effective: float


@dataclass(frozen=True, slots=True)
class EffectiveSize:
    """Effective population size and its standard error; NaN where it cannot be told."""

    size: float
    se: float


def reference_population(pedigree: Pedigree) -> Reference:
    """The youngest: the latest birth years that hold at least 5 % of those with a birth year.

    Where no birth is known: individuals without progeny whose parents are both known.
    """
    years = np.floor(pedigree.birth_year)
    known = ~np.isnan(years)
    if known.any():
        latest, counts = np.unique(years[known], return_counts=True)
        held = np.cumsum(counts[::-1])
        first = latest[::-1][int(np.searchsorted(held, _RECENT * held[-1]))]
        rows = np.flatnonzero(known & (years >= first))
        return Reference(rows, f"born in {first:.0f}" if first == latest[-1]
                         else f"born from {first:.0f} to {latest[-1]:.0f}")
    parents = np.zeros(len(pedigree), np.bool_)
    for parent in (pedigree.sire, pedigree.dam):
        parents[parent[parent >= 0]] = True
    rows = np.flatnonzero(~parents & (pedigree.sire >= 0) & (pedigree.dam >= 0))
    return Reference(rows, "without progeny, both parents known")


def founder_contributions(pedigree: Pedigree, reference: Reference) -> Contributions:
    """Expected contributions of founders and the effective number of founders, f_e = 1/Σ q².

    An unknown parent of an individual whose other parent is known counts as a founder of its
    own, under the name of that individual.

    References
    ----------
    James & McBride (1958) J. Genet. 56:55; Lacy (1989) Zoo Biol. 8:111.
    """
    share = _shares(pedigree, reference)
    send_to_parents(pedigree.sire, pedigree.dam, share)
    unknown = (pedigree.sire < 0).astype(np.float64) + (pedigree.dam < 0)
    founding = 0.5 * unknown * share
    rows = np.flatnonzero(founding > 0)
    rows = rows[np.argsort(-founding[rows], kind="stable")]
    return Contributions(rows, founding[rows], _effective(founding[rows]))


def ancestor_contributions(pedigree: Pedigree, reference: Reference) -> Contributions:
    """Marginal contributions of ancestors and their effective number, f_a = 1/Σ p².

    At most as many ancestors are sought as two hundred million steps allow (a thousand at most);
    f_a is NaN when they do not explain 99.9 % of the gene pool.

    References
    ----------
    Boichard, Maignel & Verrier (1997) Genet. Sel. Evol. 29:5, method 3.
    """
    most = int(np.clip(_WORK / max(len(pedigree), 1), 20, 1000))
    rows, shares = marginal_contributions(
        pedigree.sire, pedigree.dam, _shares(pedigree, reference), most, _ENOUGH)
    traced = float(shares.sum()) >= _ENOUGH
    return Contributions(rows.astype(np.int64), shares, _effective(shares) if traced else np.nan)


def effective_size_by_individuals(
    pedigree: Pedigree, inbreeding: Float64, reference: Reference
) -> EffectiveSize:
    """Effective size from the individual increase in inbreeding of the reference population.

    ΔF_i = 1 − (1 − F_i)^(1/(t_i − 1)) with t_i the equivalent complete generations; Nₑ = 1/(2 ΔF̄),
    se = 2 Nₑ² s/√N. Individuals with t ≤ 1 have no increase to speak of and are left out.

    References
    ----------
    Gutiérrez, Cervantes & Goyache (2009) J. Anim. Breed. Genet. 126:327.
    """
    depth = equivalent_generations(pedigree.sire, pedigree.dam)[reference.rows]
    f = inbreeding[reference.rows]
    deep = (depth > 1.0) & (f < 1.0)
    if deep.sum() < 2:
        return EffectiveSize(np.nan, np.nan)
    increase = -np.expm1(np.log1p(-f[deep]) / (depth[deep] - 1.0))
    mean = float(increase.mean())
    if mean <= 0.0:
        return EffectiveSize(np.nan, np.nan)
    size = 0.5 / mean
    return EffectiveSize(size, 2.0 * size**2 * float(increase.std(ddof=1)) / np.sqrt(deep.sum()))


def generation_interval(pedigree: Pedigree) -> float:
    """Mean age of parents at the birth of their progeny, in years; NaN where none is known."""
    ages = []
    for parent in (pedigree.sire, pedigree.dam):
        rows = np.flatnonzero(parent >= 0)
        ages.append(pedigree.birth_year[rows] - pedigree.birth_year[parent[rows]])
    known = np.concatenate(ages)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else np.nan


def effective_size_by_years(pedigree: Pedigree, inbreeding: Float64) -> EffectiveSize:
    """Effective size from the regression of log(1 − F) on birth year.

    ΔF = 1 − exp(b L) for slope b and generation interval L; Nₑ = 1/(2 ΔF).

    References
    ----------
    Pérez-Enciso (1995) J. Anim. Breed. Genet. 112:327.
    """
    used = ~np.isnan(pedigree.birth_year) & (inbreeding < 1.0)
    year = pedigree.birth_year[used]
    interval = generation_interval(pedigree)
    if year.size < 3 or np.ptp(year) == 0 or not interval > 0:
        return EffectiveSize(np.nan, np.nan)
    outcome = np.log1p(-inbreeding[used])
    centred = year - year.mean()
    slope = float(centred @ outcome / (centred @ centred))
    increase = -np.expm1(slope * interval)
    if increase <= 0.0:
        return EffectiveSize(np.nan, np.nan)
    residual = outcome - outcome.mean() - slope * centred
    slope_se = np.sqrt(float(residual @ residual) / (year.size - 2) / float(centred @ centred))
    size = 0.5 / increase
    return EffectiveSize(size, 2.0 * size**2 * interval * np.exp(slope * interval) * slope_se)


def completeness(pedigree: Pedigree, depth: int) -> Float64:
    """Part of the ancestors that are known 1, 2, … generations back, mean over everybody.

    c_g(i) = ½ (c_{g−1}(sire) + c_{g−1}(dam)), c₀ = 1 and 0 for the unknown. O(n · depth).

    References
    ----------
    MacCluer et al. (1983) J. Hered. 74:394.
    """
    known = np.ones(len(pedigree) + 1)
    known[-1] = 0.0
    means = np.empty(depth)
    for generation in range(depth):
        known[:-1] = 0.5 * (known[pedigree.sire] + known[pedigree.dam])
        means[generation] = known[:-1].mean() if len(pedigree) else 0.0
    return means


def _shares(pedigree: Pedigree, reference: Reference) -> Float64:
    share = np.zeros(len(pedigree))
    share[reference.rows] = 1.0 / max(reference.rows.size, 1)
    return share


def _effective(shares: Float64) -> float:
    return 1.0 / float(shares @ shares) if shares.size else np.nan
