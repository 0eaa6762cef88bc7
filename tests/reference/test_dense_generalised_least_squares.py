"""Real data against dense generalised least squares with V: values, s.e. and likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import (
    DenseModel,
    Float64,
    GeneralisedLeastSquares,
    log_likelihood,
)
from tests.reference.dense_cases import dairy, gryphon
from tests.reference.running import evaluate, solved_by


def test_gryphon() -> None:
    found = evaluate("gryphon_birth_weight", *solved_by("cholesky"))
    names, model = gryphon(_variances(found))
    expected = GeneralisedLeastSquares(model)
    _assert_equal(found, names, expected, range(len(names)))
    assert found.summary["log_likelihood"] == pytest.approx(log_likelihood(model), abs=1e-8)


def test_dairy() -> None:
    found = evaluate("dairy_milk", *solved_by("cholesky"))
    names, model = dairy(_variances(found))
    recorded = np.flatnonzero(model.random[0].z.sum(axis=0))
    some = [*recorded[::2], *range(0, len(names), 9)]
    _assert_equal(found, names, GeneralisedLeastSquares(model), some)


def _variances(found: Evaluation) -> dict[str, float]:
    return dict(zip(found.variances["effect"], found.variances["estimate"], strict=True))


def _assert_equal(
    found: Evaluation, names: list[str], expected: GeneralisedLeastSquares, rows: Sequence[int]
) -> None:
    """Fixed effects, breeding values of some individuals, every other random effect."""
    fixed = found.solutions[(found.solutions["component"] == "")
                            & (found.solutions["status"] == "")]
    _close(fixed["estimate"], expected.b)
    _close(fixed["se"], np.sqrt(np.diagonal(expected.covariance_of_b)))
    model = expected.model
    u, pev = expected.predict(0, list(rows))
    table = found.breeding_values.set_index("individual").loc[[names[row] for row in rows]]
    _close(table["breeding_value"], u)
    _close(table["se"], np.sqrt(pev))
    _close(table["reliability"], 1 - pev / _genetic_variance(model)[rows])
    _close(table["accuracy"] ** 2, 1 - pev / _genetic_variance(model)[rows])
    _close(table["inbreeding"], np.diagonal(model.random[0].k)[rows] - 1)
    np.testing.assert_array_equal(table["records"], model.random[0].z.sum(axis=0)[rows])
    _assert_identity_effects(found, expected)


def _genetic_variance(model: DenseModel) -> Float64:
    return np.diagonal(model.random[0].k) * model.random[0].sigma[0, 0]


def _assert_identity_effects(found: Evaluation, expected: GeneralisedLeastSquares) -> None:
    genetic = set(found.breeding_values["effect"])
    names = [name for name in found.variances["effect"]
             if name not in genetic and name != "residual"]
    for effect, name in enumerate(names, start=1):
        u, pev = expected.predict(effect)
        table = found.solutions[found.solutions["effect"] == name].sort_values("level")
        _close(table["estimate"], u)
        _close(table["se"], np.sqrt(pev))


def _close(ours: object, theirs: Float64) -> None:
    np.testing.assert_allclose(np.asarray(ours, np.float64), theirs, rtol=0, atol=1e-8)
