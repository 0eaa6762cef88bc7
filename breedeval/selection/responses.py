"""What a selection is expected to do: gains by criterion, a generation and a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.intensity import finite_intensity, infinite_intensity

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Strength:
    """How strong the selection of one sex is, in standard deviations of the index.

    Parameters
    ----------
    candidates, selected : int
    infinite : float
        i = φ(z)/p of so large a part of an infinite population.
    finite : float
        Of so many of independent normal candidates.
    reached : float
        Superiority of the selected, weighted by their contributions, over the mean of the
        candidates, by the standard deviation among these.
    expected_deviation : float
        The same by the standard deviation that the index of an unrelated candidate has
        (√b′Pb with P from the variances and reliabilities): less than ``reached`` where
        candidates are relatives of each other; NaN where it is not known.
    """

    candidates: int
    selected: int
    infinite: float
    finite: float
    reached: float
    expected_deviation: float


def strength(
    index: Vector, candidates: Mask, shares: Vector, deviation: float
) -> Strength:
    """Intensity of a selection among the candidates of one sex.

    Parameters
    ----------
    index : ndarray of float64, shape (n,)
    candidates : ndarray of bool, shape (n,)
    shares : ndarray of float64, shape (n,)
        Contributions; 0 for those that are not selected.
    deviation : float
        √b′Pb.
    """
    number, chosen = int(candidates.sum()), int((candidates & (shares > 0)).sum())
    found = superiority(index[:, None], candidates, shares)[0] if chosen else float("nan")
    spread = float(index[candidates].std(ddof=1)) if number > 1 else float("nan")
    return Strength(number, chosen, infinite_intensity(chosen / number) if chosen else 0.0,
                    finite_intensity(number, chosen) if chosen else 0.0,
                    found / spread if spread > 0 else float("nan"),
                    found / deviation if deviation > 0 else float("nan"))


def superiority(values: Matrix, candidates: Mask, shares: Vector) -> Vector:
    """Mean of the selected, weighted by their shares, less that of the candidates, shape (k,)."""
    weights = np.where(candidates, shares, 0.0)
    total = weights.sum()
    if total <= 0:
        return np.zeros(values.shape[1])
    among = values[candidates]
    found: Vector = weights[candidates] @ among / total - among.mean(axis=0)
    return found


def response(values: Matrix, sexes: Mapping[str, Mask], shares: Vector) -> Vector:
    """Expected gain of the progeny over that of unselected candidates, shape (k,).

    R = Σ Sₛ/s over the s sexes: each gives the same share of the genes, also one of which nobody
    is selected. Breeding values by BLUP are the expected true values given the records, so that
    their superiority S is the expected response.
    """
    found: Vector = sum(
        (superiority(values, mask, shares) for mask in sexes.values() if mask.any()),
        np.zeros(values.shape[1])) / len(sexes)
    return found


def covariance_within(values: Matrix, sexes: Mapping[str, Mask]) -> Matrix:
    """Covariance among candidates, within sexes, shape (k, k)."""
    sums, freedom = np.zeros((values.shape[1],) * 2), 0
    for mask in sexes.values():
        if mask.sum() > 1:
            own = values[mask] - values[mask].mean(axis=0)
            sums += own.T @ own
            freedom += int(mask.sum()) - 1
    return sums / max(freedom, 1)
