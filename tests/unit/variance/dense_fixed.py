"""The fixed effects of equations as dense matrices, for the oracle of their tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.relationship.precision import Precision
from tests.oracles.dense_covariance import covariance_of_observations, incidence
from tests.oracles.dense_kenward_roger import DenseFixed

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Individuals:
    """The part of a precision that is among individuals: A⁻¹ without the groups."""

    whole: Precision

    def lower(self) -> sp.csc_array:
        """Its lower triangle."""
        count = len(self.whole.levels)
        return sp.csc_array(sp.csc_array(self.whole.lower())[:count][:, :count])


def has_groups(precision: Precision) -> bool:
    """Whether it has unknown-parent groups, which are fixed."""
    return bool(precision.group_contributions(np.zeros(0, np.int64)).shape[1])


def covariance(equations: Equations) -> Float64:
    """V."""
    parts: Any = tuple(Individuals(precision) if has_groups(precision) else precision
                       for precision in equations.precisions)
    return covariance_of_observations(replace(equations, precisions=parts))


def changes(equations: Equations, step: float = 1e-5) -> list[Float64]:
    """∂V/∂θ by central differences, exact where V is linear."""
    values = equations.variances.values
    found = []
    for value, unit in zip(values, np.eye(values.size), strict=True):
        h = step * max(abs(value), 1e-3)
        ahead, behind = (covariance(equations.at(equations.variances.at(values + way * unit)))
                         for way in (h, -h))
        found.append((ahead - behind) / (2 * h))
    return found


def positions(equations: Equations) -> list[int]:
    """Positions of the columns of :func:`columns`."""
    layout = equations.layout
    found = list(range(layout.fixed_size))
    for effect, precision in enumerate(equations.precisions):
        if has_groups(precision):
            own = layout.random_slice(effect)
            found += range(own.start + len(precision.levels) * layout.random_widths[effect],
                           own.stop)
    return found


def columns(equations: Equations) -> Float64:
    """All of [X, ZQ], dependent columns too."""
    design = equations.design
    blocks = []
    for term in design.fixed:
        own = np.zeros((design.size, len(term.levels), len(term.functions)))
        for row, code, values in zip(design.of_trait(term.trait), term.codes, term.values,
                                     strict=True):
            own[row, code] = values
        blocks.append(own.reshape(design.size, -1))
    for effect, precision in enumerate(equations.precisions):
        if has_groups(precision):
            width = equations.layout.random_widths[effect]
            q = precision.group_contributions(np.arange(len(precision.levels)))
            z = incidence(design, design.random[effect], width)
            blocks.append(z @ np.kron(q, np.eye(width)))
    return np.hstack(blocks)


def dense_fixed(equations: Equations, w: Float64 | None = None) -> DenseFixed:
    """With the columns that the equations keep; W is the inverse average information if not given.
    """
    kept = equations.number[positions(equations)] >= 0
    found = DenseFixed(equations.design.y, columns(equations)[:, kept], covariance(equations),
                       changes(equations), np.zeros((0, 0)))
    found.w = np.linalg.inv(found.average_information) if w is None else w
    return found
