"""Dominance relationships from the pedigree, whole or among full-sib families.

All functions take the parents (parents-first rows, −1 unknown) and the Mendelian variances of
:func:`breedeval.pedigree.inbreeding.inbreeding`.

For two individuals i ≠ j with parents s, d and s′, d′ (Cockerham 1954)

    D_ij = ¼ (a_ss′ a_dd′ + a_sd′ a_ds′),        D_ii = 1 − F_i,

with a the additive relationships. Where nobody is inbred it is the probability that i and j have
the same two genes by descent, and exact. With inbreeding it is an approximation: relationships
among parents account for inbreeding, but covariances between additive and dominance effects, and
the variance of dominance effects of homozygotes, are left out (Harris 1964; Smith & Mäki-Tanila
1990). An unknown parent is an unrelated founder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from breedeval.errors import LimitError
from breedeval.kernels import dominance as kernels
from breedeval.pedigree.relationship import relationship_columns

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

MOST_NONZEROS = 200_000_000
"""Non-zeros of a relationship matrix, 12 bytes each, above which it is refused."""
COLUMNS = 64
"""Columns of A held dense at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """Full-sib families: the pairs of parents that have progeny.

    Parameters
    ----------
    of : ndarray of int32, shape (n,)
        Family of each individual; −1 where a parent is unknown.
    first, second : ndarray of int32, shape (f,)
        Rows of the two parents, first ≤ second.
    size : ndarray of int64, shape (f,)
        Number of full sibs.
    """

    of: Int32
    first: Int32
    second: Int32
    size: Int64


def full_sib_families(sire: ArrayLike, dam: ArrayLike) -> Families:
    """Families of full sibs; reciprocal crosses are one family. O(n log n).

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
    """
    s, d = np.asarray(sire, np.int64), np.asarray(dam, np.int64)
    of = np.full(s.size, -1, np.int32)
    known = np.flatnonzero((s >= 0) & (d >= 0))
    pair = np.minimum(s, d)[known] * max(s.size, 1) + np.maximum(s, d)[known]
    pairs, code, size = np.unique(pair, return_inverse=True, return_counts=True)
    of[known] = code
    first, second = np.divmod(pairs, max(s.size, 1))
    return Families(of, first.astype(np.int32), second.astype(np.int32), size)


def sparse_relationships(
    sire: ArrayLike, dam: ArrayLike, mendelian: ArrayLike, rows: ArrayLike
) -> sp.csc_array:
    """A among some individuals, without its zeros.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
    mendelian : array_like of float64, shape (n,)
    rows : array_like of int32, shape (r,)
        Individuals, in the order wanted.

    Returns
    -------
    scipy.sparse.csc_array, shape (r, r)
        Both triangles.

    Raises
    ------
    LimitError
        Above :data:`MOST_NONZEROS`.

    Notes
    -----
    Cost O(ra) for a ancestors; 12 bytes a non-zero.
    """
    wanted = np.asarray(rows, np.int32)
    parts, nonzeros = [sp.csc_array((wanted.size, 0))], 0
    for begin in range(0, wanted.size, COLUMNS):
        block = relationship_columns(sire, dam, mendelian, wanted, wanted[begin:begin + COLUMNS])
        parts.append(sp.csc_array(block))
        nonzeros += parts[-1].nnz
        if nonzeros > MOST_NONZEROS:
            raise LimitError(_too_many(f"additive relationships among {wanted.size:,} individuals"))
    return sp.csc_array(sp.hstack(parts, format="csc"))


def family_relationships(
    sire: ArrayLike, dam: ArrayLike, mendelian: ArrayLike, families: Families
) -> sp.csc_array:
    """Covariances of the mean dominance deviations of families, in units of σ²_d.

    Between families (s, d) and (s′, d′) it is that of their members,
    ¼(a_ss′ a_dd′ + a_sd′ a_ds′), and so is the variance within one: ¼(a_ss a_dd + a_sd²), which is
    ¼ for parents that are neither inbred nor related (Hoeschele & VanRaden 1991). Positive
    definite whenever A is: it is a part of A ⊗ A among unordered pairs.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
    mendelian : array_like of float64, shape (n,)
    families : Families
        f of them.

    Returns
    -------
    scipy.sparse.csc_array, shape (f, f)
        Lower triangle, rows ascending.

    Raises
    ------
    LimitError
        Above :data:`MOST_NONZEROS`, here or of A among the parents.

    Notes
    -----
    Cost O(Σ families of the relatives of a parent), at most f²/2 and the relationships of the
    parents.

    References
    ----------
    Cockerham (1954), Genetics 39:859; Hoeschele & VanRaden (1991), J. Dairy Sci. 74:557.
    """
    parents, local = np.unique(np.concatenate([families.first, families.second]),
                               return_inverse=True)
    a = sparse_relationships(sire, dam, mendelian, parents)
    first, second = np.split(local.astype(np.int32), 2)
    listed = np.argsort(local, kind="stable")
    start = np.zeros(parents.size + 1, np.int64)
    np.cumsum(np.bincount(local, minlength=parents.size), out=start[1:])
    count = families.size.size
    indptr, indices, data = kernels.family_covariances(
        a.indptr.astype(np.int64), a.indices.astype(np.int32), a.data, first, second, start,
        (listed % max(count, 1)).astype(np.int32), MOST_NONZEROS)
    if indptr[-1] > MOST_NONZEROS:
        raise LimitError(_too_many(f"dominance relationships among {count:,} families"))
    lower = sp.csc_array((data, indices, indptr.astype(np.int32)), shape=(count, count))
    lower.sort_indices()
    return lower


def dominance_matrix(
    sire: ArrayLike, dam: ArrayLike, mendelian: ArrayLike, inbreeding: ArrayLike
) -> sp.csc_array:
    """D of everybody, without its zeros.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
    mendelian : array_like of float64, shape (n,)
    inbreeding : array_like of float64, shape (n,)
        F.

    Returns
    -------
    scipy.sparse.csc_array, shape (n, n)
        Both triangles.

    Raises
    ------
    LimitError
        Above :data:`MOST_NONZEROS`.

    Notes
    -----
    Cost and memory of the non-zeros: m² for every two related families of m sibs.

    References
    ----------
    Cockerham (1954), Genetics 39:859.
    """
    families = full_sib_families(sire, dam)
    lower = family_relationships(sire, dam, mendelian, families)
    size = families.size
    columns = np.repeat(np.arange(size.size), np.diff(lower.indptr))
    if 2 * float((size[lower.indices] * size[columns]).sum()) > MOST_NONZEROS:
        raise LimitError(_too_many(f"dominance relationships among {families.of.size:,} "
                                   "individuals"))
    member = membership(families)
    covariance = symmetric(lower)
    d = sp.csc_array(member @ covariance @ member.T)
    own = 1.0 - np.asarray(inbreeding, np.float64)
    return sp.csc_array(d + sp.diags_array(own - d.diagonal()))


def membership(families: Families) -> sp.csr_array:
    """W, 1 where an individual belongs to a family, shape (n, f)."""
    rows = np.flatnonzero(families.of >= 0)
    return sp.csr_array((np.ones(rows.size), (rows, families.of[rows])),
                        shape=(families.of.size, families.size.size))


def symmetric(lower: sp.csc_array) -> sp.csc_array:
    """The whole matrix from its lower triangle."""
    return sp.csc_array(lower + sp.tril(lower, -1).T)


def _too_many(what: str) -> str:
    return (f"pedigree: {what} have more than {MOST_NONZEROS:,} non-zeros "
            f"({12 * MOST_NONZEROS / 1e9:.1f} GB), the most that are held. Keep fewer individuals "
            "('pedigree: prune: true' keeps those with records and their ancestors), or leave the "
            "effect out of the model.")
