"""The parts of a breeding value, one term of its equation after the other.

A⁻¹ = Σₖ tₖtₖ′/dₖ, with tₖ = 1 at individual k and −½ at each of its parents, or at the group of an
unknown one. What stands in the row of i beside uᵢ itself goes to the other side: terms of k = i are
from its parents (or the base), terms of its progeny k ≠ i from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Rows of the parents, or q + g of the groups of unknown ones; −1 for neither; and d."""

    first: list[int]
    second: list[int]
    mendelian: list[float]

    def coefficients(self, k: int) -> dict[int, float]:
        """tₖ, without zeros."""
        found = {k: 1.0}
        for parent in (self.first[k], self.second[k]):
            if parent >= 0:
                found[parent] = found.get(parent, 0.0) - 0.5
        return found


@dataclass(frozen=True)
class Parts:
    """Parts of the value of an individual, and their weights as matrices, by name."""

    values: dict[str, Float64]
    weights: dict[str, Float64]


def part(
    i: int, family: Family, u: Float64, sigma: Float64, z: Float64, r: Float64, residual: Float64,
    extra: Float64 | None = None,
) -> Parts:
    """The parts of individual i.

    ``u`` are the levels × cells, groups last; ``z`` the incidence (observations × level-major
    cells), ``r`` the residual covariance, ``residual`` y less all that is fitted, and ``extra`` a
    matrix that genotypes add to A⁻¹ among the individuals.
    """
    cells = u.shape[1]
    prior = np.linalg.inv(sigma)
    own = z[:, i * cells:(i + 1) * cells]
    inverse = np.linalg.inv(r)
    information = own.T @ inverse @ own
    said = {name: np.zeros(cells) for name in (
        "parent_average", "progeny", "genomic", "base")}
    said["records"] = own.T @ inverse @ (residual + own @ u[i])
    weights = dict.fromkeys(("parent_average", "progeny", "genomic"), 0.0)
    q = len(family.mendelian)
    for k in range(q):
        t = family.coefficients(k)
        if i not in t:
            continue
        kind = "parent_average" if k == i else "progeny"
        weights[kind] += t[i] ** 2 / family.mendelian[k]
        for j, coefficient in t.items():
            if j != i:
                name = "base" if k == i and j >= q else kind
                said[name] -= prior @ u[j] * t[i] * coefficient / family.mendelian[k]
    if extra is not None:
        weights["genomic"] = extra[i, i]
        for j in range(q):
            if j != i:
                said["genomic"] -= prior @ u[j] * extra[i, j]
    inverse = np.linalg.inv(information + sum(weights.values()) * prior)
    return Parts({name: inverse @ value for name, value in said.items()},
                 {"records": inverse @ information,
                  **{name: weight * inverse @ prior for name, weight in weights.items()}})
