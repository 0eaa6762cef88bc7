"""From the variances of a run file to covariance structures, in the order of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance, CovarianceKind
from breedeval.covariance.variances import Variances
from breedeval.errors import InputError, Problem
from breedeval.model.consistency import LOG_LINEAR
from breedeval.model.design import Design
from breedeval.variance.start import starting_matrices

Matrix = NDArray[np.float64]
DEPARTURE = 1e-8
"""Relative difference by which a given matrix may depart from its structure."""


def given_variances(design: Design, given: Mapping[str, Any]) -> Variances:
    """The variances of a run file.

    Parameters
    ----------
    design : Design
    given : mapping
        A number or matrix for every random effect and ``residual`` (or one for each of its
        classes), and the slopes of ``log_linear``.

    Raises
    ------
    InputError
        What is missing or of the wrong shape; a matrix that its structure cannot be.
    """
    effects, residual = {}, {}
    for effect, term in zip(design.model.random, design.random, strict=True):
        labels = design.cell_labels(term)
        effects[term.name] = _exact(
            effect.covariance, f"variances: {term.name}", _matrix(given, term.name, labels))
    kind = design.model.residual.covariance
    for label in design.residual.levels:
        where = f"variances: residual{label and f' of {label}'}"
        residual[label] = _exact(kind, where, _residual_matrix(design, given, label))
    return Variances(tuple(effects.values()), tuple(residual.values()), _slopes(design, given))


def start_variances(design: Design, start: Mapping[str, Any]) -> Variances:
    """Where estimation starts: as given, else from the data."""
    matrices = starting_matrices(design)
    effects = [
        effect.covariance.make(_matrix(start, term.name, design.cell_labels(term))
                               if term.name in start else matrix)
        for effect, term, matrix in zip(
            design.model.random, design.random, matrices.effects, strict=True)]
    kind = design.model.residual.covariance
    residual = [
        kind.make(_residual_matrix(design, start, label) if "residual" in start else matrix)
        for label, matrix in zip(design.residual.levels, matrices.residual, strict=True)]
    slopes = _slopes(design, start) if LOG_LINEAR in start else np.zeros(
        len(design.residual.names))
    return Variances(tuple(effects), tuple(residual), slopes)


def _exact(kind: CovarianceKind, where: str, matrix: Matrix) -> Covariance:
    made = kind.make(matrix)
    if not np.allclose(made.matrix, matrix, rtol=DEPARTURE, atol=DEPARTURE * np.abs(matrix).max()):
        words = str(getattr(kind, "kind", "")).replace("_", " ")
        raise InputError(Problem(
            where, f"the matrix is not of the structure '{words}' that the model asks for",
            "Expected a matrix of that structure", "Correct it, or remove 'covariance'"))
    return made


def _matrix(given: Mapping[str, Any], name: str, labels: Sequence[str]) -> Matrix:
    matrix = np.atleast_2d(np.asarray(given[name], np.float64))
    size = len(labels)
    if matrix.shape != (size, size):
        raise InputError(Problem(
            f"variances: {name}", f"{matrix.shape[0]} × {matrix.shape[1]} values",
            f"Expected {size} × {size}, for {', '.join(labels)}"))
    return matrix


def _residual_matrix(design: Design, given: Mapping[str, Any], label: str) -> Matrix:
    own = given["residual"]
    if isinstance(own, Mapping):
        if label not in own:
            raise InputError(Problem(
                "variances: residual", f"there is no residual variance for the class '{label}'",
                f"Expected one for each of: {', '.join(design.residual.levels)}"))
        own = own[label]
    return _matrix({"residual": own}, "residual", design.residual_labels())


def _slopes(design: Design, given: Mapping[str, Any]) -> NDArray[np.float64]:
    return np.array([float(given[LOG_LINEAR][name]) for name in design.residual.names])
