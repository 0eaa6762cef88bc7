"""Parents-first order, loops, and inbreeding with the Mendelian variances, over plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breedeval.kernels.inbreeding import tabular_inbreeding
from breedeval.kernels.pedigree_order import walk_parents_first

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


class ParentsFirst(NamedTuple):
    """An order in which parents come before progeny.

    Attributes
    ----------
    order : ndarray of int32, shape (n,)
        Rows in their new order: ``sire[order]`` are the sires in that order (still old rows).
    generation : ndarray of int32, shape (n,)
        Of every *given* row: 0 without known parents, else 1 + the larger of the parents'.
    """

    order: Int32
    generation: Int32


@dataclass(frozen=True, slots=True, eq=False)
class Inbreeding:
    """Inbreeding coefficients and Mendelian variances.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (n,)
        F, one less than the diagonal of A.
    mendelian : ndarray of float64, shape (n,)
        D of A = T D T′: the part of an individual's variance that its parents do not explain,
        in units of the additive variance. Of a metafounder: its own γ.
    """

    coefficients: Float64
    mendelian: Float64


def parents_first(sire: ArrayLike, dam: ArrayLike) -> ParentsFirst:
    """Order individuals so that parents come before progeny, and count generations.

    An order that is parents-first already comes back unchanged; otherwise an individual that
    stands too late is moved to just before its first progeny.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Row of the parent, in any order; −1 unknown.

    Returns
    -------
    ParentsFirst
        ``order`` and ``generation``.

    Raises
    ------
    ValueError
        If somebody is its own ancestor; :func:`find_loops` tells who.

    Notes
    -----
    Cost O(n); 13 bytes an individual beside the result.
    """
    order, generation, loop_rows, _, n_loops = walk_parents_first(*_parents(sire, dam))
    if n_loops:
        raise ValueError(f"row {loop_rows[0]} is its own ancestor; {n_loops} such loops in all")
    return ParentsFirst(order, generation)


def find_loop(sire: ArrayLike, dam: ArrayLike) -> Int32:
    """Rows of one loop, or none: each row is followed by its parent, the last by the first.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Row of the parent, in any order; −1 unknown.

    Returns
    -------
    ndarray of int32
        Empty when nobody is its own ancestor.
    """
    loops = find_loops(sire, dam)
    return loops[0] if loops else np.empty(0, np.int32)


def find_loops(sire: ArrayLike, dam: ArrayLike) -> list[Int32]:
    """Every loop met in one walk up all pedigree paths.

    Taking out one link of each loop in the list leaves a pedigree without loops, except that
    loops past n rows in all are not listed.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Row of the parent, in any order; −1 unknown.

    Returns
    -------
    list of ndarray of int32
        In a loop each row is followed by its parent, the last by the first.

    Notes
    -----
    Cost O(n) and the length of the loops.
    """
    _, _, rows, ends, _ = walk_parents_first(*_parents(sire, dam))
    return np.split(rows, ends[:-1]) if ends.size else []


def inbreeding(
    sire: ArrayLike,
    dam: ArrayLike,
    *,
    selfings: ArrayLike | None = None,
    gamma: ArrayLike | None = None,
    threads: int = 1,
) -> Inbreeding:
    """Inbreeding coefficients and Mendelian variances of everybody.

    F⁰ = ½ a(sire, dam), F = 1 − (1 − F⁰)/2ᵏ after k generations of selfing, and
    D = ½ − ¼(F_sire + F_dam) + F − F⁰, with F = −1 for an unknown parent.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown. The same row twice is a selfing.
    selfings : array_like of float64, shape (n,), optional
        k, generations of selfing after the cross (or, for a founder, from a non-inbred plant);
        infinity for a doubled haploid.
    gamma : array_like of float64, shape (m, m), optional
        Relationships among metafounders, who are the first m individuals.
    threads : int
        Threads; the result is the same to the last bit for any number.

    Returns
    -------
    Inbreeding
        Coefficients and Mendelian variances.

    Raises
    ------
    ValueError
        If a parent does not come before its progeny, or shapes do not fit.

    References
    ----------
    Legarra, Christensen, Vitezica, Aguilar & Misztal (2015), Genetics 200:455.
    """
    rows = _parents(sire, dam)
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    corner = _metafounder_block(gamma, *rows)
    _check_order(*rows)
    remaining = _remaining(selfings, rows[0].size)
    return Inbreeding(*tabular_inbreeding(*rows, remaining, corner))


def _parents(sire: ArrayLike, dam: ArrayLike) -> tuple[Int32, Int32]:
    rows = np.ascontiguousarray(sire, np.int32), np.ascontiguousarray(dam, np.int32)
    if rows[0].size != rows[1].size:
        raise ValueError(f"sire has {rows[0].size} rows, dam {rows[1].size}")
    return rows


def _check_order(sire: Int32, dam: Int32) -> None:
    late = np.flatnonzero(np.maximum(sire, dam) >= np.arange(sire.size, dtype=np.int32))
    if late.size:
        row = late[0]
        parent = max(sire[row], dam[row])
        raise ValueError(f"row {row}: its parent is row {parent}; parents must come first")


def _metafounder_block(gamma: ArrayLike | None, sire: Int32, dam: Int32) -> Float64:
    if gamma is None:
        return np.zeros((0, 0))
    block = np.ascontiguousarray(gamma, np.float64)
    if block.ndim != 2 or block.shape[0] != block.shape[1] or block.shape[0] > sire.size:
        raise ValueError(f"gamma has shape {block.shape} for {sire.size} individuals")
    with_parent = np.flatnonzero(np.maximum(sire, dam)[: block.shape[0]] >= 0)
    if with_parent.size:
        raise ValueError(f"metafounder {with_parent[0]} has a parent")
    return block


def _remaining(selfings: ArrayLike | None, n: int) -> Float64:
    """2⁻ᵏ, the part of 1 − F that k selfings leave; empty without selfings."""
    if selfings is None:
        return np.empty(0)
    generations = np.asarray(selfings, np.float64)
    if generations.shape != (n,):
        raise ValueError(f"selfings has shape {generations.shape} for {n} individuals")
    if not (generations >= 0.0).all():
        raise ValueError("selfings must not be negative or missing")
    return np.ascontiguousarray(np.exp2(-generations))
