"""Truncation: the best by the index are selected, and used alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


def best(index: Vector, among: Mask, count: int) -> Mask:
    """The ``count`` largest of those ``among``; of equal ones those that come first.

    Parameters
    ----------
    index : ndarray of float64, shape (n,)
    among : ndarray of bool, shape (n,)
    count : int
        All of them where there are fewer.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    rows = np.flatnonzero(among)
    order = rows[np.argsort(-index[rows], kind="stable")]
    selected = np.zeros(index.size, np.bool_)
    selected[order[:count]] = True
    return selected


def equal_contributions(selected: Mask, sexes: Mapping[str, Mask]) -> Vector:
    """Shares of the genes of the next generation when the selected of a sex are used alike.

    Parameters
    ----------
    selected : ndarray of bool, shape (n,)
    sexes : mapping of str to ndarray of bool, shape (n,)
        Groups that give the same share together; one group where there are no sexes.

    Returns
    -------
    ndarray of float64, shape (n,)
        Sums to one, over the sexes that have somebody selected.
    """
    shares = np.zeros(selected.size)
    groups = [selected & of_sex for of_sex in sexes.values() if (selected & of_sex).any()]
    for group in groups:
        shares[group] = 1.0 / (len(groups) * group.sum())
    return shares
