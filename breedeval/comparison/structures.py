"""Which covariance structures hold others as special cases, and what lies on the boundary there.

Freeing a variance that is 0 under the smaller model can only raise it, so that half of the time it
adds nothing: ½χ²_m + ½χ²_{m+1} in place of χ²_{m+1} (Self & Liang 1987, case 6; Stram & Lee 1994).
A k × k matrix of new variances and covariances lies in the cone of semi-definite matrices; its
mixture of χ²_m … χ²_{m+d} has weights that depend on the information, but those of the even and of
the odd degrees of freedom add up to ½ each, so that ½χ²_{m+d−1} + ½χ²_{m+d} is never too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from breedeval.covariance.autoregressive import AutoregressiveSettings
from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.diagonal import DiagonalSettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.scaled import ScaledSettings
from breedeval.covariance.structure import CovarianceKind
from breedeval.covariance.unstructured import UnstructuredSettings

Certainty = Literal["exact", "bound", "unknown"]

_WITH_CORRELATION = (CompoundSymmetrySettings, AutoregressiveSettings)
_BY_ORDER = (AutoregressiveSettings, ScaledSettings)


class NotNestedError(Exception):
    """One model is no special case of another; the message says why, in words."""


@dataclass(frozen=True)
class Freed:
    """What a larger model frees that lies on a boundary under the smaller one.

    Parameters
    ----------
    variances : int
        One-sided directions: variances that are 0, or correlations that are 1.
    certainty : {'exact', 'bound', 'unknown'}
        Whether counting these gives the distribution, one that is never too small, or neither.
    words : str
        What is freed; empty when nothing is.
    """

    variances: int = 0
    certainty: Certainty = "exact"
    words: str = ""


def is_ordered(kind: CovarianceKind) -> bool:
    """Whether the order of the coefficients matters."""
    return isinstance(kind, _BY_ORDER)


def within(small: CovarianceKind, large: CovarianceKind, size: int) -> Freed:
    """One structure as a special case of another among the same coefficients.

    Parameters
    ----------
    small, large : CovarianceKind
    size : int
        Number of coefficients c.

    Raises
    ------
    NotNestedError
    """
    if size == 1 or small == large:
        return Freed()
    words = f"{_name(large)} in place of {_name(small)}"
    if isinstance(large, UnstructuredSettings):
        return Freed(words=words)
    if isinstance(large, FactorAnalyticSettings):
        more = isinstance(small, FactorAnalyticSettings) and small.order < large.order
        if more or isinstance(small, DiagonalSettings):
            return Freed(certainty="unknown", words=words)
    shared = isinstance(large, (DiagonalSettings, *_WITH_CORRELATION))
    if shared and _same_correlations(small, large, size) and _sharing(small) <= _sharing(large):
        return Freed(words=words)
    raise NotNestedError(f"{_name(small)} is no special case of {_name(large)}")


def widened(small: CovarianceKind, large: CovarianceKind, size: int, more: int) -> Freed:
    """A structure of ``size`` coefficients within one of ``more`` others beside them.

    The new ones have no variance under the smaller model.

    Raises
    ------
    NotNestedError
    """
    if isinstance(large, UnstructuredSettings):
        return Freed(1, "exact" if more == 1 else "bound", _count(more, "coefficient"))
    if _sharing(large) == 0:
        raise NotNestedError(
            f"{_name(large)} has one variance for all coefficients, of which one cannot be 0")
    own = within(small, large, size)
    certain = isinstance(large, DiagonalSettings) and own.certainty == "exact"
    return Freed(more, "exact" if certain else "unknown", _count(more, "coefficient"))


def whole(large: CovarianceKind, size: int) -> Freed:
    """An effect of ``size`` coefficients that the smaller model does not have."""
    if size == 1:
        return Freed(1)
    if isinstance(large, UnstructuredSettings):
        return Freed(1, "bound")
    if isinstance(large, (DiagonalSettings, ScaledSettings)):
        return Freed(1 if _sharing(large) == 0 else size)
    return Freed(certainty="unknown")


def by_class(large: CovarianceKind, size: int) -> Freed:
    """One coefficient for each of ``size`` classes, in place of one for all.

    Σ = σ²11′ under the smaller model: equal variances, and correlations of 1, the boundary. There
    an unstructured Σ is free in all but the (c − 1)-dimensional complement of 1, where it is
    semi-definite.

    Raises
    ------
    NotNestedError
    """
    words = f"{_name(large)} over {size} classes in place of one coefficient"
    if isinstance(large, UnstructuredSettings):
        return Freed(1, "exact" if size == 2 else "bound", words)
    if isinstance(large, _WITH_CORRELATION):
        return Freed(1, "exact", words)
    if isinstance(large, FactorAnalyticSettings):
        return Freed(size, "exact" if large.order == 1 else "unknown", words)
    raise NotNestedError(f"{_name(large)} has no equal coefficients of all classes")


def _same_correlations(small: CovarianceKind, large: CovarianceKind, size: int) -> bool:
    """Whether the correlations of ``small`` are among those of ``large``."""
    if isinstance(small, DiagonalSettings) or type(small) is type(large):
        return True
    return size == 2 and isinstance(small, _WITH_CORRELATION) and isinstance(
        large, _WITH_CORRELATION)


def _sharing(kind: CovarianceKind) -> int:
    """0 for one variance that all coefficients share, 1 for one each."""
    if isinstance(kind, ScaledSettings):
        return 0
    if isinstance(kind, (DiagonalSettings, *_WITH_CORRELATION)):
        return int(kind.variances == "unequal")
    return 1


def _name(kind: CovarianceKind) -> str:
    word = str(getattr(kind, "kind", "")).replace("_", " ")
    if isinstance(kind, FactorAnalyticSettings):
        return f"{word} of order {kind.order}"
    if isinstance(kind, (DiagonalSettings, *_WITH_CORRELATION)):
        return f"{word} with {kind.variances} variances"
    return word


def _count(number: int, word: str) -> str:
    return f"{number} more {word}{'s' * (number > 1)}"
