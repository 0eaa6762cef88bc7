"""V against Henderson's equations: solutions, error variances, diagonals of P, tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.equations.henderson import Equations
from breedeval.evaluation.engines import Engine, choose_likelihood
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.residuals import residuals_table
from breedeval.evaluation.solving import solve_direct
from breedeval.evaluation.systems import FactoredSystem, System
from breedeval.relationship.dense import Dense
from breedeval.solve import direct_solver
from breedeval.variance.covariance_form import CovarianceLikelihood
from breedeval.variance.fixed_tests import test_fixed_effects as fixed_tests
from breedeval.variance.spectral import SpectralLikelihood, turn
from tests.oracles.dense_inverse import dense
from tests.unit.equations.made import CASES
from tests.unit.variance.test_spectral import MODELS, complete

ENGINES: tuple[Engine, ...] = ("spectral", "covariance")
GROUPS = {name for name, case in CASES.items() if any(
    len(precision.groups) for precision in case.equations().precisions)}


def kernels_of(equations: Equations) -> tuple[Any, ...]:
    """K of every effect, sparse where levels are no individuals."""
    found = [np.linalg.inv(dense(precision.lower())) for precision in equations.precisions]
    return tuple(kernel if precision.of_individuals else sp.csr_array(kernel)
                 for kernel, precision in zip(found, equations.precisions, strict=True))


def by_factor(equations: Equations) -> FactoredSystem:
    lower = equations.lower()
    return FactoredSystem(equations, direct_solver().factorise(lower), lower)


def agree(found: System, expected: System) -> None:
    """All that a system is asked for."""
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-9)
    assert found.relative_residual() < 1e-12
    equations = expected.equations
    np.testing.assert_allclose(found.unknowns, expected.unknowns, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        found.error_variances(), expected.error_variances(), rtol=1e-9, atol=1e-9)
    rhs = np.random.default_rng(1).normal(size=(equations.size, 3))
    np.testing.assert_allclose(found.solve(rhs), expected.solve(rhs), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        found.solve(rhs[:, 0]), expected.solve(rhs[:, 0]), rtol=1e-8, atol=1e-8)
    one, other = found.projection(), expected.projection()
    np.testing.assert_allclose(one.projection, other.projection, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.leverage, other.leverage, rtol=1e-9, atol=1e-9)
    if other.unadjusted is not None:
        np.testing.assert_allclose(one.unadjusted, other.unadjusted, rtol=1e-9, atol=1e-9)
    count = equations.variances.count
    for ours, theirs in zip(*(fixed_tests(
            equations, 0.1 * np.eye(count), system, denominator="kenward_roger")
            for system in (found, expected)), strict=True):
        assert ours.f == pytest.approx(theirs.f, rel=1e-7, nan_ok=True)
        assert ours.denominator_df == pytest.approx(theirs.denominator_df, rel=1e-7, nan_ok=True)


@pytest.mark.parametrize("name", sorted(set(CASES) - GROUPS))
def test_covariance_form_gives_what_the_equations_give(name: str) -> None:
    equations = CASES[name].equations()
    point = CovarianceLikelihood(equations, kernels_of(equations))(equations.variances)
    agree(point.observed(), by_factor(equations))


@pytest.mark.parametrize("name", MODELS)
def test_spectral_form_gives_what_the_equations_give(name: str) -> None:
    equations = complete(MODELS[name])
    (kernel,) = kernels_of(equations)
    point = SpectralLikelihood(equations, turn(equations, kernel))(equations.variances)
    agree(point.observed(), by_factor(equations))


def singular(equations: Equations) -> Equations:
    """The same with a relationship that has no inverse, everybody recorded once."""
    (precision,) = equations.precisions
    q = len(precision.levels)
    z = np.random.default_rng(3).normal(size=(q, q // 2))
    return Equations(**{**{name: getattr(equations, name) for name in (
        "design", "layout", "variances", "groups", "rank", "number", "columns", "values")},
        "precisions": (Dense(precision.levels, z @ z.T / z.shape[1]),)})


def test_a_singular_relationship_is_left_as_it_is() -> None:
    """Only the equations need an inverse."""
    equations = singular(complete(MODELS["one trait"]))
    (precision,) = equations.precisions
    assert isinstance(precision, Dense)
    kernel = precision.relationship.copy()
    chosen, other = (choose_likelihood(equations, SolveOptions(), engine=engine, method="reml")
                     for engine in ENGINES)
    solutions = solve_direct(chosen.system(equations))
    expected = solve_direct(other.system(equations))
    np.testing.assert_allclose(solutions.estimates, expected.estimates, rtol=1e-9, atol=1e-9)
    assert solutions.error_variance is not None
    np.testing.assert_allclose(
        solutions.error_variance, expected.error_variance, rtol=1e-9, atol=1e-9)
    assert residuals_table(solutions, chosen.system(equations))["leverage"].notna().all()
    assert precision.history == ()
    np.testing.assert_array_equal(precision.relationship, kernel)
    asked = choose_likelihood(
        equations, SolveOptions(method="cholesky"), engine="spectral", method="reml")
    assert asked.engine == "spectral"
    assert precision.history[-1].startswith("singular: ")
