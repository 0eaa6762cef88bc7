"""How far progeny of a cross spread, and what its best are worth.

    U = ½(I_i + I_j) + i h σ_ij

is the mean of the selected progeny of a cross: the mean of the parents' index, and the intensity
of selection within the cross times its accuracy times the standard deviation of progeny. That
follows from the effects b of markers on the index and the linkage map, ρ_kl = 1 − 2r_kl = exp(−2d)
(Haldane):

* inbred lines, that differ by δ_k = ½(x_ik − x_jk)b_k in homozygous value: σ² = δ′Cδ, with

  ==================  ========================  ============================================
  doubled haploids    C_kl = ρ                  of gametes of the F1
  recombinant inbred  C_kl = ρ/(2 − ρ)          1 − 2R, R = 2r/(1 + 2r), after endless selfing
  F2 individuals      C_kl = ½ρ                 two gametes of the F1
  ==================  ========================  ============================================

* outbred parents give a gamete each, and σ² = v_i + v_j. A heterozygous locus that came with the
  counted allele from the sire (s = 1) or the dam (s = −1) adds to v = ¼Σ_kl s_k b_k s_l b_l ρ_kl.
  That is known where a genotyped parent is homozygous; a locus of which it is not known counts as
  unlinked to all others, and adds ¼b².

Effects are regressed towards zero as every prediction is, so σ is that of predicted values, below
that of true ones.

References
----------
Haldane (1919), J. Genet. 8:299; Haldane & Waddington (1931), Genetics 16:357 (recombinant inbred
lines); Schnell & Utz (1975) (usefulness); Bonk et al. (2016), Genet. Sel. Evol. 48:36 (gametes);
Lehermeier et al. (2017), Genetics 207:1651 (lines); Allier et al. (2019), G3 9:2153.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls
from breedeval.selection.linkage import LinkageMap

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

Progeny = Literal["outbred", "doubled_haploid", "recombinant_inbred", "f2"]

BLOCK = 512
"""Markers at a time."""
LANES = 4096
"""Individuals at a time."""

CORRELATIONS: dict[str, Callable[[Float64], Float64]] = {
    "doubled_haploid": lambda rho: rho,
    "recombinant_inbred": lambda rho: rho / (2 - rho),
    "f2": lambda rho: 0.5 * rho,
}
"""C of two loci from ρ."""


@dataclass(frozen=True, eq=False)
class GameteVariances:
    """Variance of the gametes of n parents.

    Parameters
    ----------
    variance : ndarray of float64, shape (n,)
        v.
    resolved : ndarray of float64, shape (n,)
        Part of the heterozygous loci (weighted by b²) of which it is known what came from whom;
        NaN without such loci.
    """

    variance: Float64
    resolved: Float64


def line_variances(
    calls: Calls, effects: Float64, places: LinkageMap, progeny: Progeny
) -> Float64:
    """σ² of the progeny of every two of n inbred lines, shape (n, n).

    Parameters
    ----------
    calls : Calls, m × n
        A missing call, and a heterozygous one, counts as halfway between the homozygotes.
    effects : ndarray of float64, shape (m,)
        Of one more copy of the counted allele.
    places : LinkageMap
    progeny : str

    Notes
    -----
    Cost: n m m_c + n²m flops with m_c markers on a chromosome; those without effect cost nothing.
    """
    correlation = CORRELATIONS[progeny]
    gram = np.zeros((calls.individuals, calls.individuals))
    for group, morgans in places.groups():
        kept = effects[group] != 0
        own = group[kept]
        values = _homozygous_values(calls.select(markers=own), effects[own])
        if morgans is None:
            gram += float(correlation(np.ones(1))[0]) * (values.T @ values)
            continue
        at = morgans[kept]
        for start in range(0, own.size, BLOCK):
            stop = min(start + BLOCK, own.size)
            block = correlation(np.exp(-2 * np.abs(at[:, None] - at[None, start:stop])))
            gram += (values.T @ block) @ values[start:stop]
    lines = np.diag(gram)
    spread = lines[:, None] + lines - gram - gram.T
    np.fill_diagonal(spread, 0.0)
    return np.asarray(np.maximum(spread, 0.0))


def _homozygous_values(calls: Calls, effects: Float64) -> Float64:
    """½(x − 1)b of a set of markers, 0 where missing, shape (m, n)."""
    copies = np.nan_to_num(calls.block(0, calls.markers) - 1.0).astype(np.float64)
    return np.asarray(copies * (0.5 * effects[:, None]))


def heterozygosity(calls: Calls) -> float:
    """Part of the calls that is heterozygous."""
    counts = calls.counts()
    return float(counts.heterozygous.sum() / max(1, counts.called.sum()))


@dataclass(frozen=True, eq=False)
class Trio:
    """Parents' own genotypes, and those of their sires and dams.

    Parameters
    ----------
    calls : Calls
        Of everybody that is genotyped.
    own, sire, dam : ndarray of int64, shape (n,)
        Whose in ``calls``; sire and dam −1 where not genotyped.
    """

    calls: Calls
    own: Int64
    sire: Int64
    dam: Int64


def gamete_variances(trio: Trio, effects: Float64, places: LinkageMap) -> GameteVariances:
    """v of every parent.

    Missing calls of a parent count as homozygous.

    Parameters
    ----------
    trio : Trio
    effects : ndarray of float64, shape (m,)
    places : LinkageMap

    Notes
    -----
    Σ_kl d_k d_l ρ_kl = Σ_k d_k(2S_k − d_k) with S_k = d_k + ρ_{k−1,k}S_{k−1}: ρ of two loci is the
    product of those between. Cost: n m.
    """
    variance, known, whole = (np.zeros(trio.own.size) for _ in range(3))
    for group, morgans in places.groups():
        own = group[effects[group] != 0]
        rho = np.zeros(own.size)
        if morgans is not None:
            rho[1:] = np.exp(-2 * np.diff(morgans[effects[group] != 0]))
        calls = trio.calls.select(markers=own)
        for start in range(0, trio.own.size, LANES):
            some = slice(start, start + LANES)
            signs, mixed = _phases(calls, np.stack(
                [trio.own[some], trio.sire[some], trio.dam[some]]))
            squares = effects[own] ** 2
            told = squares @ (signs != 0)
            all_of_them = squares @ mixed
            variance[some] += 0.25 * (_linked(signs * effects[own][:, None], rho)
                                      + all_of_them - told)
            known[some] += told
            whole[some] += all_of_them
    with np.errstate(invalid="ignore"):
        return GameteVariances(variance, known / whole)


def _phases(calls: Calls, trios: Int64) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """s of every locus and parent, 0 where not known, and whether it is heterozygous; (m, n).

    ``trios`` are the parents, their sires and their dams, shape (3, n).
    """
    people, place = np.unique(trios, return_inverse=True)
    own, sire, dam = place.reshape(trios.shape)
    copies = calls.select(individuals=np.maximum(people, 0)).block(0, calls.markers) - 1.0
    copies[:, people < 0] = np.nan
    mixed = copies[:, own] == 0
    told = np.zeros(mixed.shape, np.int8)
    for parent, sign in ((sire, 1), (dam, -1)):
        given = copies[:, parent]
        told += np.where(np.abs(given) == 1, sign * given, 0).astype(np.int8)
    return np.where(mixed, np.sign(told), 0).astype(np.int8), mixed


def _linked(values: Float64, rho: Float64) -> Float64:
    """Σ_kl d_k d_l ρ_kl of every column, shape (n,)."""
    total, running = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for own, near in zip(values, rho, strict=True):
        running = own + near * running
        total += own * (2 * running - own)
    return total
