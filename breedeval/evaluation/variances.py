"""From the variances of a run file to covariance structures, in the order of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance, CovarianceKind
from breedeval.covariance.variances import Variances
from breedeval.model.consistency import LOG_LINEAR
from breedeval.model.design import Design
from breedeval.model.form import KeyPath, Misfit, MisfitError
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
    MisfitError
        What is missing or of the wrong shape; a matrix that its structure cannot be; all at once.
    """
    reader = _Reader(design, given, ("variances",))
    effects = [reader.exact(effect.covariance, reader.effect(term.name, design.cell_labels(term)))
               for effect, term in zip(design.model.random, design.random, strict=True)]
    kind = design.model.residual.covariance
    residual = [reader.exact(kind, reader.residual(label)) for label in design.residual.levels]
    return reader.variances(effects, residual, _slopes(design, given))


def start_variances(
    design: Design, start: Mapping[str, Any], fix: Sequence[str] = ()
) -> Variances:
    """Where estimation starts: as given, else from the data.

    Parameters
    ----------
    design : Design
    start : mapping
        As the variances of :func:`given_variances`, for some of the effects.
    fix : sequence of str
        What stays at its start, which must then be of its structure; other starts are taken to the
        nearest matrix of theirs.

    Raises
    ------
    MisfitError
        As :func:`given_variances`.
    """
    matrices = starting_matrices(design)
    reader = _Reader(design, start, ("variances", "start"))

    def made(kind: CovarianceKind, name: str, found: _Found) -> Covariance | None:
        held = any(word == name or word.startswith((f"{name}(", f"{name}.", f"{name}["))
                   for word in fix)
        return reader.exact(kind, found) if held else (
            None if found[1] is None else kind.start(found[1]))

    effects = [
        made(effect.covariance, term.name, reader.effect(term.name, design.cell_labels(term)))
        if term.name in start else effect.covariance.start(matrix)
        for effect, term, matrix in zip(
            design.model.random, design.random, matrices.effects, strict=True)]
    kind = design.model.residual.covariance
    residual = [
        made(kind, "residual", reader.residual(label)) if "residual" in start
        else kind.start(matrix)
        for label, matrix in zip(design.residual.levels, matrices.residual, strict=True)]
    slopes = _slopes(design, start) if LOG_LINEAR in start else np.zeros(
        len(design.residual.names))
    return reader.variances(effects, residual, slopes)


_Found = tuple[KeyPath, Matrix | None]
"""Where a matrix stands, and the matrix; None where it does not fit."""


@dataclass
class _Reader:
    """Reads one matrix after the other, and gathers what does not fit."""

    design: Design
    given: Mapping[str, Any]
    below: KeyPath
    misfits: list[Misfit] = field(default_factory=list)

    def effect(self, name: str, labels: Sequence[str]) -> _Found:
        """The matrix of a random effect."""
        return self._matrix((*self.below, name), self.given[name], labels)

    def residual(self, label: str) -> _Found:
        """The matrix of a residual class."""
        path: KeyPath = (*self.below, "residual")
        own = self.given["residual"]
        if isinstance(own, Mapping):
            if label not in own:
                self.misfits.append(Misfit(
                    path, f"there is no residual variance for the class '{label}'",
                    f"Expected one for each of: {', '.join(self.design.residual.levels)}",
                    f"Add '{label}:' with it"))
                return path, None
            path, own = (*path, label), own[label]
        return self._matrix(path, own, self.design.residual_labels())

    def _matrix(self, path: KeyPath, value: Any, labels: Sequence[str]) -> _Found:
        matrix = np.atleast_2d(np.asarray(value, np.float64))
        size = len(labels)
        if matrix.shape != (size, size):
            self._add(path, f"the matrix has {matrix.shape[0]} × {matrix.shape[1]} values",
                      f"Expected {size} × {size}, for {', '.join(labels)}", "Correct it")
            return path, None
        return path, matrix

    def exact(self, kind: CovarianceKind, found: _Found) -> Covariance | None:
        """The structure that a matrix is."""
        path, matrix = found
        if matrix is None:
            return None
        made = kind.make(matrix)
        if np.allclose(made.matrix, matrix, rtol=DEPARTURE, atol=DEPARTURE * np.abs(matrix).max()):
            return made
        words = str(getattr(kind, "kind", "")).replace("_", " ")
        self._add(path, f"the matrix is not of the structure '{words}' that the model asks for",
                  "Expected a matrix of that structure", "Correct it, or remove 'covariance'")
        return None

    def _add(self, path: KeyPath, found: str, expected: str, remedy: str) -> None:
        misfit = Misfit(path, found, expected, remedy)
        if misfit not in self.misfits:  # classes that share one matrix
            self.misfits.append(misfit)

    def variances(
        self, effects: Sequence[Covariance | None], residual: Sequence[Covariance | None],
        slopes: NDArray[np.float64],
    ) -> Variances:
        """All of them, or what does not fit."""
        if self.misfits:
            raise MisfitError(*self.misfits)
        return Variances(tuple(part for part in effects if part is not None),
                         tuple(part for part in residual if part is not None), slopes)


def _slopes(design: Design, given: Mapping[str, Any]) -> NDArray[np.float64]:
    return np.array([float(given[LOG_LINEAR][name]) for name in design.residual.names])
