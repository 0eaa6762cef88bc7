"""What holds for every covariance of the run file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance, CovarianceKind
from breedeval.covariance.variances import Variances
from tests.unit.covariance.made import LABELS, every_covariance, every_kind, positive_definite

SIZES = (1, 2, 3, 4)
COVARIANCES = [(size, covariance) for size in SIZES for covariance in every_covariance(size)]
KINDS = [(size, kind) for size in SIZES for kind in every_kind(size)]


def _id(value: object) -> str:
    return type(value).__name__ if not isinstance(value, int) else str(value)


every = pytest.mark.parametrize(("size", "covariance"), COVARIANCES, ids=_id)


def _elsewhere(covariance: Covariance, seed: int = 3) -> Covariance:
    """Away from any special place."""
    rng = np.random.default_rng(seed)
    values = covariance.values
    return covariance.moved(0.1 * rng.normal(size=values.size) * np.maximum(abs(values), 0.1))


@every
def test_shapes_and_bounds(size: int, covariance: Covariance) -> None:
    count = covariance.values.size
    assert covariance.size == size
    assert covariance.matrix.shape == covariance.precision.shape == (size, size)
    assert covariance.derivatives().shape == (count, size, size)
    for bound in (covariance.lower_bounds, covariance.upper_bounds, covariance.strides):
        assert bound.shape == (count,)
    assert (covariance.strides > 0).all()
    assert (covariance.lower_bounds <= covariance.values).all()
    assert (covariance.values <= covariance.upper_bounds).all()


@every
def test_precision_and_log_determinant(size: int, covariance: Covariance) -> None:
    there = _elsewhere(covariance)
    np.testing.assert_array_equal(there.matrix, there.matrix.T)
    np.testing.assert_allclose(there.precision @ there.matrix, np.eye(size), rtol=0, atol=1e-8)
    assert there.log_determinant == pytest.approx(np.linalg.slogdet(there.matrix)[1], abs=1e-8)


@every
def test_pattern_holds_the_non_zeros_of_the_inverse(size: int, covariance: Covariance) -> None:
    there = _elsewhere(covariance)
    inverse = np.linalg.inv(there.matrix)
    spread = np.sqrt(np.diagonal(inverse))
    small = np.abs(inverse / np.outer(spread, spread)) < 1e-10
    assert small[~covariance.pattern].all()
    assert (there.precision[~covariance.pattern] == 0).all()
    np.testing.assert_array_equal(there.pattern, covariance.pattern)


@every
def test_derivatives_are_finite_differences(size: int, covariance: Covariance) -> None:
    there = _elsewhere(covariance)
    for k, derivative in enumerate(there.derivatives()):
        room = there.values - there.lower_bounds
        h = min(1e-5 * max(abs(there.values[k]), 1e-2), room[k] / 2)
        step = h * np.eye(there.values.size)[k]
        slope = (there.at(there.values + step).matrix - there.at(there.values - step).matrix)
        rounding = np.finfo(float).eps * abs(there.matrix).max() / h
        np.testing.assert_allclose(
            derivative, slope / (2 * h), rtol=0,
            atol=1e-7 * max(1, abs(derivative).max()) + rounding)


@every
def test_values_come_back(size: int, covariance: Covariance) -> None:
    again = covariance.at(covariance.values)
    np.testing.assert_array_equal(again.values, covariance.values)
    np.testing.assert_allclose(again.matrix, covariance.matrix, rtol=1e-14, atol=1e-14)


@every
def test_short_steps_are_taken_as_they_are(size: int, covariance: Covariance) -> None:
    rng = np.random.default_rng(5)
    step = 1e-7 * rng.normal(size=covariance.values.size)
    there = covariance.at(covariance.values + step)
    np.testing.assert_allclose(
        covariance.moved(step).values, there.values, rtol=1e-12, atol=1e-14)


@every
@settings(max_examples=15)
@given(direction=st.integers(0, 10**6), length=st.floats(-2, 6))
def test_steps_of_any_length_stay_positive_definite(
    size: int, covariance: Covariance, direction: int, length: float
) -> None:
    rng = np.random.default_rng(direction)
    scale = np.where(covariance.values == 0, 1.0, abs(covariance.values))
    step = 10**length * scale * rng.normal(size=scale.size)
    there = covariance.moved(step)
    assert np.isfinite(there.matrix).all()
    assert np.linalg.eigvalsh(there.matrix).min() > 0
    assert (there.lower_bounds <= there.values).all()
    assert (there.values <= there.upper_bounds).all()


@every
def test_stretching(size: int, covariance: Covariance) -> None:
    there = _elsewhere(covariance)
    doubled = there.stretched(np.full(size, np.sqrt(2)))
    np.testing.assert_allclose(doubled.matrix, 2 * there.matrix, rtol=1e-13)
    factors = np.linspace(0.5, 2, size)
    apart = there.stretched(factors)
    assert type(apart) is type(there)
    if there.values.size >= size + (size > 1):
        np.testing.assert_allclose(
            apart.matrix, there.matrix * np.outer(factors, factors), rtol=1e-12)


@every
def test_names_are_unique(size: int, covariance: Covariance) -> None:
    names = covariance.names(LABELS[:size])
    assert len(names) == len(set(names)) == covariance.values.size
    assert all(name == "" or name[0] in "(." for name in names)


@pytest.mark.parametrize(("size", "kind"), KINDS, ids=_id)
def test_a_matrix_of_the_structure_is_recovered(size: int, kind: CovarianceKind) -> None:
    there = _elsewhere(kind.make(positive_definite(size)))
    again = kind.make(there.matrix)
    np.testing.assert_allclose(again.matrix, there.matrix, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("size", "kind"), KINDS, ids=_id)
def test_any_matrix_can_be_the_start(size: int, kind: CovarianceKind) -> None:
    for seed in range(5):
        matrix = positive_definite(size, seed)
        assert np.linalg.eigvalsh(kind.make(matrix).matrix).min() > 0


@every
def test_outside_is_refused(size: int, covariance: Covariance) -> None:
    for values in (-covariance.matrix.max() * np.ones(covariance.values.size),
                   np.full(covariance.values.size, np.nan)):
        with pytest.raises(np.linalg.LinAlgError):
            covariance.at(values)


def test_variances_are_those_of_all_covariances_one_after_the_other() -> None:
    effects = tuple(every_covariance(3))
    residual = tuple(every_covariance(2))
    variances = Variances(effects, residual, np.array([0.5, -1.0]))
    parts: list[NDArray[np.float64]] = [part.values for part in (*effects, *residual)]
    np.testing.assert_array_equal(variances.values, np.concatenate([*parts, [0.5, -1.0]]))
    assert variances.lower_bounds.shape == variances.upper_bounds.shape == (variances.count,)
    step = 1e-3 * np.ones(variances.count)
    there = variances.moved(step)
    np.testing.assert_allclose(there.values, variances.values + step, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(variances.at(there.values).values, there.values)
    assert [type(part) for part in there.covariances] == [type(p) for p in (*effects, *residual)]
    assert there.slices[-1] == slice(variances.count - 2, variances.count)
