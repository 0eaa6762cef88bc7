"""How genomic relationships agree with those of the pedigree: G against A₂₂."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.levels import Levels
from breedeval.relationship.precision import Vector

BLOCK = 512
"""Rows compared at a time."""
OUTLIERS = 10
"""Individuals and pairs that are named, those farthest apart."""
LOW_CORRELATION = 0.5
FAR_APART = 0.1
"""Difference of the means, in units of relationship, that is said."""


@dataclass(frozen=True)
class Outlier:
    """An individual (twice the same name) or a pair whose relationships differ most."""

    first: str
    second: str
    genomic: float
    pedigree: float


@dataclass(frozen=True)
class Agreement:
    """G, as it is used, against A₂₂.

    Parameters
    ----------
    individuals : int
    genomic_diagonal, pedigree_diagonal : (mean, s.d., least, most)
    genomic_off, pedigree_off : (mean, s.d., least, most)
        Elements beside the diagonal.
    diagonal_correlation, off_correlation : float
        NaN where one of them does not vary.
    intercept, slope : float
        Of the regression of G on A₂₂ beside the diagonal.
    individuals_apart, pairs_apart : tuple of Outlier
        Those farthest from the pedigree.
    """

    individuals: int
    genomic_diagonal: tuple[float, float, float, float]
    pedigree_diagonal: tuple[float, float, float, float]
    genomic_off: tuple[float, float, float, float]
    pedigree_off: tuple[float, float, float, float]
    diagonal_correlation: float
    off_correlation: float
    intercept: float
    slope: float
    individuals_apart: tuple[Outlier, ...]
    pairs_apart: tuple[Outlier, ...]

    def remark(self, name: str, findings: Findings) -> None:
        """Warn where markers and pedigree tell different stories."""
        worst = ", ".join(f"{pair.first} and {pair.second} ({pair.genomic:.2f} and "
                          f"{pair.pedigree:.2f})" for pair in self.pairs_apart[:3])
        remedy = f"Check that genotypes and pedigree name the same animals; farthest are {worst}"
        if self.individuals > 2 and self.off_correlation < LOW_CORRELATION:
            findings.warn("relationships disagree", Problem(
                "genotypes", f"the genomic relationships of '{name}' and those of the pedigree "
                f"have a correlation of only {self.off_correlation:.2f}",
                f"Expected more than {LOW_CORRELATION:g} unless the pedigree is shallow", remedy))
        for what, genomic, pedigree in (
                ("diagonal", self.genomic_diagonal, self.pedigree_diagonal),
                ("off-diagonal elements", self.genomic_off, self.pedigree_off)):
            if abs(genomic[0] - pedigree[0]) > FAR_APART:
                findings.warn(f"means apart:{what}", Problem(
                    "genotypes", f"the mean of the {what} is {genomic[0]:.3f} in the genomic "
                    f"relationship of '{name}' and {pedigree[0]:.3f} in the pedigree's",
                    "Expected the same base for both", "Use 'tune: chen', or metafounders"))


def compare(genomic: Vector, pedigree: Vector, individuals: Levels) -> Agreement:
    """Compare G with A₂₂, in blocks of rows.

    Cost O(n²) time; memory 2 MB a thousand individuals.
    """
    size = len(genomic)
    sums, extremes = np.zeros(5), np.array([[np.inf, -np.inf], [np.inf, -np.inf]])
    pairs: list[tuple[float, int, int]] = []
    for start in range(0, size, BLOCK):
        g, a = genomic[start:start + BLOCK], pedigree[start:start + BLOCK]
        below = np.arange(size)[None, :] < np.arange(start, start + len(g))[:, None]
        x, y = a[below], g[below]
        if not x.size:
            continue
        sums += (x.sum(), y.sum(), x @ x, y @ y, x @ y)
        for k, values in enumerate((x, y)):
            extremes[k] = (min(extremes[k, 0], values.min()), max(extremes[k, 1], values.max()))
        least = pairs[-1][0] if len(pairs) == OUTLIERS else -1.0
        pairs = _farthest([*pairs, *_pairs(g, a, below, start, least)])
    own, ours = np.diagonal(genomic), np.diagonal(pedigree)
    count = size * (size - 1) // 2
    x_mean, y_mean = sums[:2] / max(count, 1)
    xx, yy, xy = (sums[2:] / max(count, 1)) - (x_mean**2, y_mean**2, x_mean * y_mean)
    slope = xy / xx if xx > 1e-12 else np.nan
    far = np.argsort(-np.abs(own - ours), kind="stable")[:OUTLIERS]
    return Agreement(
        size, _spread(own), _spread(ours), _of_sums(y_mean, yy, extremes[1], count),
        _of_sums(x_mean, xx, extremes[0], count), _correlation(own, ours),
        float(xy / np.sqrt(xx * yy)) if xx > 1e-12 and yy > 1e-12 else np.nan,
        float(y_mean - slope * x_mean), float(slope),
        tuple(_outlier(individuals, genomic, pedigree, int(k), int(k)) for k in far),
        tuple(_outlier(individuals, genomic, pedigree, i, j) for _, i, j in pairs))


def _pairs(
    g: Vector, a: Vector, below: NDArray[np.bool_], start: int, least: float
) -> list[tuple[float, int, int]]:
    """The pairs of some rows that are farthest apart, and more than ``least``."""
    apart = np.where(below, np.abs(g - a), -1.0).ravel()
    found = np.flatnonzero(apart > least)
    if found.size > OUTLIERS:
        found = found[np.argpartition(apart[found], -OUTLIERS)[-OUTLIERS:]]
    rows, columns = np.divmod(found, g.shape[1])
    return [(float(apart[at]), start + int(i), int(j))
            for at, i, j in zip(found, rows, columns, strict=True)]


def _farthest(pairs: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:OUTLIERS]


def _outlier(individuals: Levels, genomic: Vector, pedigree: Vector, i: int, j: int) -> Outlier:
    return Outlier(individuals[i], individuals[j], float(genomic[i, j]), float(pedigree[i, j]))


def _spread(values: Vector) -> tuple[float, float, float, float]:
    if not values.size:
        return (np.nan,) * 4
    return float(values.mean()), float(values.std()), float(values.min()), float(values.max())


def _of_sums(
    mean: float, variance: float, ends: Vector, count: int
) -> tuple[float, float, float, float]:
    if not count:
        return (np.nan,) * 4
    return float(mean), float(np.sqrt(max(variance, 0.0))), float(ends[0]), float(ends[1])


def _correlation(x: Vector, y: Vector) -> float:
    if x.size < 2 or x.std() < 1e-6 or y.std() < 1e-6:
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])
