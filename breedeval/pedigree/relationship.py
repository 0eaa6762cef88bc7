"""The numerator relationship matrix and its inverse, whole, in blocks, or as a product.

All functions take the parents (parents-first rows, −1 unknown) and D, the Mendelian variances of
:func:`breedeval.pedigree.inbreeding.inbreeding`; with metafounders also Γ, their block of A, and
they are then the first m individuals.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from breedeval.kernels import numerator

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]

_INT32_LIMIT = np.iinfo(np.int32).max


def precision_lower(
    sire: ArrayLike,
    dam: ArrayLike,
    mendelian: ArrayLike,
    *,
    sire_group: ArrayLike | None = None,
    dam_group: ArrayLike | None = None,
    n_groups: int = 0,
    gamma: ArrayLike | None = None,
) -> sp.csc_array:
    """Lower triangle of A⁻¹ by Henderson's rules, inbreeding and groups accounted for.

    A⁻¹ = (T⁻¹)′ D⁻¹ T⁻¹: individual i adds t t′/D_i, with t = 1 at itself and −½ at each parent
    or, where the parent is unknown, at its group.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents; −1 unknown.
    mendelian : array_like of float64, shape (n,)
        D.
    sire_group, dam_group : array_like of int32, shape (n,), optional
        Group of an unknown parent, 0..n_groups−1; −1 none.
    n_groups : int
        Groups; group g becomes row n + g.
    gamma : array_like of float64, shape (m, m), optional
        Γ; Γ⁻¹ is added to the first m rows.

    Returns
    -------
    scipy.sparse.csc_array, shape (n + n_groups, n + n_groups)
        Rows ascending, diagonal first in every column; int32 indices below 2³¹ non-zeros.

    Raises
    ------
    ValueError
        If a Mendelian variance is not positive (an individual that is certain given its parents:
        A has no inverse), or Γ is not positive definite.

    Notes
    -----
    Cost O(n); at most 4 non-zeros an individual; 72 bytes an individual at the peak.

    References
    ----------
    Henderson (1976), Biometrics 32:69; Quaas (1976), Biometrics 32:949; Quaas (1988),
    J. Dairy Sci. 71:1338, eq. 5; Westell, Quaas & Van Vleck (1988), J. Dairy Sci. 71:1310.
    """
    d = _positive(mendelian)
    first, second = _parent_codes(sire, dam, sire_group, dam_group)
    size = first.size + n_groups
    indptr, indices, data = numerator.precision_lower(first, second, d, size, _inverse(gamma))
    if indptr[-1] <= _INT32_LIMIT:
        indptr = indptr.astype(np.int32)
    matrix = sp.csc_array((data, indices, indptr), shape=(size, size))
    matrix.has_canonical_format = True
    return matrix


def precision_product(
    sire: ArrayLike,
    dam: ArrayLike,
    mendelian: ArrayLike,
    x: ArrayLike,
    *,
    sire_group: ArrayLike | None = None,
    dam_group: ArrayLike | None = None,
    gamma: ArrayLike | None = None,
) -> Float64:
    """A⁻¹x without A⁻¹: (T⁻¹)′ D⁻¹ T⁻¹ x.

    Parameters
    ----------
    sire, dam, mendelian, sire_group, dam_group, gamma
        As in :func:`precision_lower`.
    x : array_like of float64, shape (n + n_groups,) or (n + n_groups, k)
        Groups last.

    Returns
    -------
    ndarray of float64, shape of x

    Raises
    ------
    ValueError
        If a Mendelian variance is not positive, or ``x`` has the wrong length.

    Notes
    -----
    Cost O(nk).
    """
    d = _positive(mendelian)
    first, second = _parent_codes(sire, dam, sire_group, dam_group)
    columns, shape = _columns(x)
    n_rows = max(first.size, first.max(initial=-1) + 1, second.max(initial=-1) + 1)
    if columns.shape[0] < n_rows:
        raise ValueError(f"x has {columns.shape[0]} rows, the pedigree with its groups {n_rows}")
    return numerator.precision_product(first, second, d, _inverse(gamma), columns).reshape(shape)


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
    columns, shape = _columns(x)
    s, d, v = _int32(sire), _int32(dam), _float64(mendelian)
    if columns.shape[0] != s.size:
        raise ValueError(f"x has {columns.shape[0]} rows, the pedigree {s.size}")
    return numerator.relationship_product(s, d, v, _corner(gamma), columns).reshape(shape)


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
    s, d, wanted = _int32(sire), _int32(dam), _rows(rows, np.size(sire))
    corner = _corner(gamma)
    kept = numerator.ancestors(s, d, wanted, corner.shape[0])
    local_sire, local_dam = _restrict(s, kept), _restrict(d, kept)
    local_rows = np.searchsorted(kept, wanted).astype(np.int32)
    return numerator.relationship_columns(
        local_sire, local_dam, _float64(mendelian)[kept], corner, local_rows
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
    s, d = _int32(sire), _int32(dam)
    row, column = _rows(rows, s.size), _rows(columns, s.size)
    kept = numerator.ancestors(s, d, np.concatenate([row, column]), 0)
    units = np.zeros((kept.size, column.size))
    units[np.searchsorted(kept, column), np.arange(column.size)] = 1.0
    product = numerator.relationship_product(
        _restrict(s, kept), _restrict(d, kept), _float64(mendelian)[kept], _corner(None), units
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
        _int32(sire), _int32(dam), _float64(mendelian), _corner(gamma)
    )


def log_determinant(mendelian: ArrayLike, *, gamma: ArrayLike | None = None) -> float:
    """log|A| = Σ log D_i, as T is triangular with a unit diagonal; log|Γ| for metafounders.

    Parameters
    ----------
    mendelian : array_like of float64, shape (n,)
        D.
    gamma : array_like of float64, shape (m, m), optional
        Γ of the metafounders, the first m of the n.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a Mendelian variance is not positive, or Γ is not positive definite.
    """
    d = _positive(mendelian)
    if gamma is None:
        return float(np.log(d).sum())
    factor = _cholesky(_corner(gamma))
    return float(np.log(d[factor.shape[0]:]).sum() + 2.0 * np.log(np.diag(factor)).sum())


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
    s, d = _int32(sire), _int32(dam)
    s_group, d_group = _int32(sire_group), _int32(dam_group)
    if rows is None:
        return numerator.group_contributions(s, d, s_group, d_group, n_groups)
    wanted = _rows(rows, s.size)
    kept = numerator.ancestors(s, d, wanted, 0)
    q = numerator.group_contributions(
        _restrict(s, kept), _restrict(d, kept), s_group[kept], d_group[kept], n_groups
    )
    result: Float64 = q[np.searchsorted(kept, wanted)]
    return result


def _int32(values: ArrayLike) -> Int32:
    return np.ascontiguousarray(values, np.int32)


def _float64(values: ArrayLike) -> Float64:
    return np.ascontiguousarray(values, np.float64)


def _rows(rows: ArrayLike, n: int) -> Int32:
    wanted = _int32(rows)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= n):
        raise ValueError(f"rows must lie in 0..{n - 1}")
    return wanted


def _positive(mendelian: ArrayLike) -> Float64:
    d = _float64(mendelian)
    if d.size and not d.min() > 0.0:
        row = int(np.flatnonzero(~(d > 0.0))[0])
        raise ValueError(
            f"individual {row} has a Mendelian variance of {d[row]:g}: A is singular "
            f"(its parents are wholly inbred and determine it)"
        )
    return d


def _parent_codes(
    sire: ArrayLike, dam: ArrayLike, sire_group: ArrayLike | None, dam_group: ArrayLike | None
) -> tuple[Int32, Int32]:
    return _with_groups(_int32(sire), sire_group), _with_groups(_int32(dam), dam_group)


def _with_groups(parent: Int32, group: ArrayLike | None) -> Int32:
    if group is None:
        return parent
    codes = _int32(group)
    return np.where((parent < 0) & (codes >= 0), parent.size + codes, parent).astype(np.int32)


def _columns(x: ArrayLike) -> tuple[Float64, tuple[int, ...]]:
    values = _float64(x)
    return values.reshape(values.shape[0], -1), values.shape


def _restrict(parent: Int32, kept: Int32) -> Int32:
    own = parent[kept]
    return np.where(own < 0, -1, np.searchsorted(kept, own)).astype(np.int32)


def _corner(gamma: ArrayLike | None) -> Float64:
    return np.zeros((0, 0)) if gamma is None else _float64(gamma)


def _cholesky(gamma: Float64) -> Float64:
    try:
        factor = np.linalg.cholesky(gamma)
    except np.linalg.LinAlgError:
        raise ValueError("gamma (of the metafounders) is not positive definite") from None
    return factor.astype(np.float64, copy=False)


def _inverse(gamma: ArrayLike | None) -> Float64:
    if gamma is None:
        return np.zeros((0, 0))
    factor = _cholesky(_float64(gamma))
    return np.ascontiguousarray(scipy.linalg.cho_solve((factor, True), np.eye(factor.shape[0])))
