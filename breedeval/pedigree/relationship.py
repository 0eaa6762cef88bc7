"""The numerator relationship matrix: whole, in blocks, or as a product; shares of groups.

All functions take the parents (parents-first rows, −1 unknown) and D, the Mendelian variances of
:func:`breedeval.pedigree.inbreeding.inbreeding`; with metafounders also Γ, their block of A, and
they are then the first m individuals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from breedeval.kernels import numerator
from breedeval.pedigree.arrays import Float64, Int32, columns_of, corner_of, float64, int32


def relationship_product(
    sire: ArrayLike,
    dam: ArrayLike,
    mendelian: ArrayLike,
    x: ArrayLike,
    *,
    gamma: ArrayLike | None = None,
) -> Float64:
    """A x without A: T D T′ x, once up the pedigree and once down.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : array_like of float64, shape (n,)
        D.
    x : array_like of float64, shape (n,) or (n, k)
    gamma : array_like of float64, shape (m, m), optional
        Γ of the metafounders.

    Returns
    -------
    ndarray of float64, shape of x

    Raises
    ------
    ValueError
        If ``x`` has the wrong length.

    Notes
    -----
    Cost O(nk).

    References
    ----------
    Colleau (2002), Genet. Sel. Evol. 34:409.
    """
    columns, shape = columns_of(x)
    s, d, v = int32(sire), int32(dam), float64(mendelian)
    if columns.shape[0] != s.size:
        raise ValueError(f"x has {columns.shape[0]} rows, the pedigree {s.size}")
    return numerator.relationship_product(s, d, v, corner_of(gamma), columns).reshape(shape)


def relationship_block(
    sire: ArrayLike,
    dam: ArrayLike,
    mendelian: ArrayLike,
    rows: ArrayLike,
    *,
    gamma: ArrayLike | None = None,
) -> Float64:
    """The block of A among some individuals, in a pedigree of any size.

    Only the ancestors of the individuals are visited, eight columns of A at a time.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : array_like of float64, shape (n,)
        D.
    rows : array_like of int32, shape (r,)
        Individuals, in the order wanted; repeats allowed.
    gamma : array_like of float64, shape (m, m), optional
        Γ of the metafounders.

    Returns
    -------
    ndarray of float64, shape (r, r)

    Notes
    -----
    Cost O(n + ra) for a ancestors; memory r² and 64 a bytes.

    References
    ----------
    Colleau (2002), Genet. Sel. Evol. 34:409.
    """
    s, d, wanted = int32(sire), int32(dam), _rows(rows, np.size(sire))
    corner = corner_of(gamma)
    kept = numerator.ancestors(s, d, wanted, corner.shape[0])
    local_sire, local_dam = _restrict(s, kept), _restrict(d, kept)
    local_rows = np.searchsorted(kept, wanted).astype(np.int32)
    return numerator.relationship_columns(
        local_sire, local_dam, float64(mendelian)[kept], corner, local_rows
    )


def relationship_columns(
    sire: ArrayLike, dam: ArrayLike, mendelian: ArrayLike, rows: ArrayLike, columns: ArrayLike
) -> Float64:
    """Some rows of some columns of A, in a pedigree of any size.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : array_like of float64, shape (n,)
        D.
    rows : array_like of int32, shape (r,)
    columns : array_like of int32, shape (c,)

    Returns
    -------
    ndarray of float64, shape (r, c)

    Notes
    -----
    Cost O(n + ac) for a ancestors of rows and columns; memory 8 ac bytes.

    References
    ----------
    Colleau (2002), Genet. Sel. Evol. 34:409.
    """
    s, d = int32(sire), int32(dam)
    row, column = _rows(rows, s.size), _rows(columns, s.size)
    kept = numerator.ancestors(s, d, np.concatenate([row, column]), 0)
    units = np.zeros((kept.size, column.size))
    units[np.searchsorted(kept, column), np.arange(column.size)] = 1.0
    product = numerator.relationship_product(
        _restrict(s, kept), _restrict(d, kept), float64(mendelian)[kept], corner_of(None), units
    )
    result: Float64 = product[np.searchsorted(kept, row)]
    return result


def relationship_matrix(
    sire: ArrayLike, dam: ArrayLike, mendelian: ArrayLike, *, gamma: ArrayLike | None = None
) -> Float64:
    """The whole of A, dense: a_ij = ½(a_sj + a_dj).

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : array_like of float64, shape (n,)
        D.
    gamma : array_like of float64, shape (m, m), optional
        Γ of the metafounders.

    Returns
    -------
    ndarray of float64, shape (n, n)

    Notes
    -----
    Cost and memory n²: 800 MB for 10 thousand individuals.
    """
    return numerator.relationship_dense(
        int32(sire), int32(dam), float64(mendelian), corner_of(gamma)
    )


def group_contributions(
    sire: ArrayLike,
    dam: ArrayLike,
    *,
    sire_group: ArrayLike,
    dam_group: ArrayLike,
    n_groups: int,
    rows: ArrayLike | None = None,
) -> Float64:
    """Q: the fraction of each group in an individual, half of it through each parent.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    sire_group, dam_group : array_like of int32, shape (n,)
        Group of an unknown parent; −1 none.
    n_groups : int
        Groups.
    rows : array_like of int32, shape (r,), optional
        Individuals wanted; everybody by default.

    Returns
    -------
    ndarray of float64, shape (r, n_groups)
        Rows sum to one where every unknown parent has a group.

    Notes
    -----
    Cost and memory O(n + a · n_groups) for the a ancestors of ``rows``.

    References
    ----------
    Quaas (1988), J. Dairy Sci. 71:1338.
    """
    s, d = int32(sire), int32(dam)
    s_group, d_group = int32(sire_group), int32(dam_group)
    if rows is None:
        return numerator.group_contributions(s, d, s_group, d_group, n_groups)
    wanted = _rows(rows, s.size)
    kept = numerator.ancestors(s, d, wanted, 0)
    q = numerator.group_contributions(
        _restrict(s, kept), _restrict(d, kept), s_group[kept], d_group[kept], n_groups
    )
    result: Float64 = q[np.searchsorted(kept, wanted)]
    return result


def _rows(rows: ArrayLike, n: int) -> Int32:
    wanted = int32(rows)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= n):
        raise ValueError(f"rows must lie in 0..{n - 1}")
    return wanted


def _restrict(parent: Int32, kept: Int32) -> Int32:
    own = parent[kept]
    return np.where(own < 0, -1, np.searchsorted(kept, own)).astype(np.int32)
