"""Variances, heritability and correlations along the covariates of a random regression.

At covariate x an effect with coefficients u has the value φ(x)′u, the variance φ(x)′Σφ(x), and the
covariance φ(x)′Σφ(z) with its value at z: the covariance function (Kirkpatrick, Lofsvold & Bulmer
1990). Ratios are to the phenotypic variance at x.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.phenotype import Kind, effect_parts, have_one_level, shares
from breedeval.evaluation.strata import Interval, covariate_ranges, make_strata
from breedeval.variance.delta import SENSIBLE, Quantities, Sampling, bilinear

Vector = NDArray[np.float64]
COLUMNS = ["effect", "component", "trait", "covariate", "value", "value_2", "quantity",
           "estimate", "se"]
POINTS = 51
"""Equally spaced values of the covariate at which a curve is given."""
AGES = 7
"""Equally spaced values among which correlations are given."""
VARIANCES = ("variance", "phenotypic_variance")


def curves_table(equations: Equations, sampling: Sampling | None = None) -> pd.DataFrame:
    """What changes along a covariate: random regressions and log-linear residual variances.

    Other covariates are held at the middle of their range.

    Parameters
    ----------
    equations : Equations
        At the variances.
    sampling : Sampling, optional
        Without it, for given variances, ``se`` is NaN.

    Returns
    -------
    DataFrame
        effect, component, trait, covariate, value, value_2, quantity, estimate, se. Quantities
        are ``variance``, ``phenotypic_variance``, ``heritability``, ``variance_ratio``,
        ``repeatability``, ``total_heritability``, and ``correlation``, the only one between two
        values of the covariate. Empty when nothing changes along one.
    """
    design, effects, frames = equations.design, effect_parts(equations), []
    for trait, name in enumerate(design.traits):
        ranges = covariate_ranges(design, trait)
        varying = [covariate for covariate, (low, high) in ranges.items() if low < high]
        for covariate, stratum in product(varying, make_strata(design, trait)):
            many, few = (Kind(equations, effects, stratum, _places(ranges, covariate, count))
                         for count in (POINTS, AGES))
            frames += [curve.frame(name, covariate, sampling)
                       for curve in (*_curves(many, trait, covariate),
                                     *_correlations(few, trait, covariate))]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


@dataclass(frozen=True, eq=False)
class _Curve:
    """A quantity at values of the covariate, or between pairs of them."""

    effect: str
    component: str
    quantity: str
    values: Quantities
    x: Vector
    other: Vector | float = np.nan

    def frame(self, trait: str, covariate: str, sampling: Sampling | None) -> pd.DataFrame:
        """As rows of the table."""
        limits = (0.0, np.inf) if self.quantity in VARIANCES else SENSIBLE
        return pd.DataFrame({
            "effect": self.effect, "component": self.component, "trait": trait,
            "covariate": covariate, "value": self.x, "value_2": self.other,
            "quantity": self.quantity, "estimate": self.values.values,
            "se": self.values.errors(sampling, limits)}, columns=COLUMNS)


def _places(ranges: Mapping[str, Interval], covariate: str, count: int) -> dict[str, Vector]:
    """Equally spaced values of one covariate, and the middle of the range of the others."""
    return {name: np.linspace(low, high, count) if name == covariate else
            np.full(count, (low + high) / 2) for name, (low, high) in ranges.items()}


def _curves(kind: Kind, trait: int, covariate: str) -> Iterator[_Curve]:
    """Variances of every part of every effect and of the residual, and ratios."""
    x, name = kind.places[covariate], kind.stratum.name
    for effect in kind.on(trait):
        for part in range(len(effect.parts)):
            yield _Curve(effect.term.name, name(effect.part_name(part)), "variance",
                         kind.variance(effect, part, trait), x)
    yield _Curve("residual", name("residual"), "variance", kind.residual(trait, trait), x)
    if not have_one_level(kind.effects, trait):
        return
    yield _Curve("", kind.phenotype, "phenotypic_variance", kind.total(trait, trait), x)
    for share in shares(kind, trait):
        parts = "+".join(share.effect.part_name(part) for part in dict.fromkeys(share.parts))
        yield _Curve(share.effect.term.name, name(parts), share.parameter, share.values, x)


def _correlations(kind: Kind, trait: int, covariate: str) -> Iterator[_Curve]:
    """Correlations of a part's values at every two places: φ(x)′Σφ(z) over the root of both."""
    x = kind.places[covariate]
    rows, columns = np.tril_indices(x.size, -1)
    for effect in kind.on(trait):
        for part in range(len(effect.parts)):
            if covariate not in effect.covariates(part):
                continue
            loads = kind.loads(effect, part, trait)
            variance = kind.variance(effect, part, trait)
            between = bilinear(
                kind.equations.variances, effect.number, loads[rows], loads[columns])
            yield _Curve(effect.term.name, kind.stratum.name(effect.part_name(part)),
                         "correlation", between.over(variance[rows], variance[columns]),
                         x[rows], x[columns])
