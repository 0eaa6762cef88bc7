"""Functions of the (co)variances: gradients, standard errors, and what has none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from breedeval.covariance.diagonal import DiagonalSettings
from breedeval.covariance.structure import Covariance
from breedeval.covariance.variances import Variances
from breedeval.variance.delta import (
    SENSIBLE,
    Quantities,
    Sampling,
    bilinear,
    cell_statuses,
    lower_cells,
    stretched,
)
from tests.reference.running import answers, assert_printed
from tests.unit.covariance.made import every_covariance, positive_definite
from tests.unit.variance.made import components, unstructured

Float64 = NDArray[np.float64]
ONE = np.ones((1, 1))


def heritability(variances: Variances) -> Quantities:
    """σ²a/(σ²a + σ²e)."""
    animal, residual = (bilinear(variances, k, ONE, ONE) for k in (0, 1))
    return animal.over(animal + residual, animal + residual)


def sampling_of(covariance: Float64, **options: Float64) -> Sampling:
    count = len(covariance)
    return Sampling(("p",) * count, covariance, ("estimated",) * count, **options)


def test_heritability_by_the_textbook_formula() -> None:
    """var(h²) = [σe⁴ var(σ²a) + σa⁴ var(σ²e) − 2σ²aσ²e cov]/σp⁸ (Lynch & Walsh 1998)."""
    a, e, covariance = 3.0, 5.0, np.array([[0.4, -0.15], [-0.15, 0.3]])
    found = heritability(components(a, e))
    assert found.values == pytest.approx(3 / 8)
    expected = (e**2 * 0.4 + a**2 * 0.3 + 2 * a * e * 0.15) / (a + e) ** 4
    np.testing.assert_allclose(
        found.errors(sampling_of(covariance)), np.sqrt(expected), rtol=1e-14)


def test_heritability_of_blupf90() -> None:
    """From its inverse average information; it samples the standard error itself."""
    printed = answers("blupf90_aireml_single")
    found = heritability(components(printed["animal"], printed["residual"]))
    assert_printed(found.values, [printed["h2"]], 4)
    errors = found.errors(sampling_of(np.array(printed["AI_inverse"])))
    assert_printed(errors, [printed["h2_se_monte_carlo"]], 4)


@pytest.mark.parametrize(
    "part", every_covariance(3), ids=lambda part: type(part).__name__)
def test_gradients_are_finite_differences(part: Covariance) -> None:
    """Of every cell, and of a correlation, whatever the structure."""
    variances = Variances((part,), unstructured(2.0))

    def functions(at: Variances) -> Quantities:
        cells = lower_cells(at, 0)
        one, other = (np.array([k]) for k in (0, 2))
        correlation = cells[np.array([1])].over(cells[one], cells[other])
        return Quantities(np.append(cells.values, correlation.values),
                          np.vstack([cells.gradients, correlation.gradients]))

    found = functions(variances)
    np.testing.assert_allclose(
        found.values[:6], part.matrix[np.tril_indices(3)], rtol=0, atol=1e-14)
    for k, value in enumerate(variances.values):
        step = np.zeros(variances.count)
        step[k] = 1e-5 * max(abs(value), 1e-2)
        up, down = (functions(variances.at(variances.values + sign * step)).values
                    for sign in (1, -1))
        np.testing.assert_allclose(
            found.gradients[:, k], (up - down) / (2 * step[k]), rtol=1e-5, atol=1e-6)


def test_a_function_that_no_cell_enters_is_zero() -> None:
    """Such as a slope where its covariate is 0."""
    found = bilinear(components(positive_definite(2), 1.0), 0, np.zeros((3, 2)), np.ones((3, 2)))
    np.testing.assert_array_equal(found.values, np.zeros(3))
    np.testing.assert_array_equal(found.gradients, np.zeros((3, 4)))


def test_stretched_residuals() -> None:
    x = np.array([[0.5, 1.0], [2.0, 0.0]])
    slopes = np.array([0.3, -0.2])

    def function(values: Float64) -> Quantities:
        at = Variances((), unstructured(values[0]), values[1:])
        return stretched(bilinear(at, 0, np.ones((2, 1)), np.ones((2, 1))), at, x)

    values = np.append(4.0, slopes)
    found = function(values)
    np.testing.assert_allclose(found.values, 4 * np.exp(x @ slopes), rtol=1e-14)
    numerical = np.column_stack([
        (function(values + step).values - function(values - step).values) / 2e-6
        for step in 1e-6 * np.eye(3)])
    np.testing.assert_allclose(found.gradients, numerical, rtol=1e-8)


def test_ratios_do_not_depend_on_the_scale() -> None:
    covariance = np.array([[0.4, -0.15], [-0.15, 0.3]])
    one = heritability(components(3.0, 5.0))
    other = heritability(components(3e6, 5e6))
    np.testing.assert_allclose(other.values, one.values, rtol=1e-14)
    np.testing.assert_allclose(
        other.errors(sampling_of(1e12 * covariance)), one.errors(sampling_of(covariance)),
        rtol=1e-13)


def test_given_variances_have_no_standard_errors() -> None:
    assert np.isnan(heritability(components(3.0, 5.0)).errors(None)).all()


def test_what_is_held_has_no_standard_error() -> None:
    covariance = np.diag([0.0, 0.3])
    variances = components(3.0, 5.0)
    assert np.isnan(lower_cells(variances, 0).errors(sampling_of(covariance))).all()
    # its share of the phenotypic variance has one, as the residual is estimated …
    assert heritability(variances).errors(sampling_of(covariance)) == pytest.approx(
        3 / 64 * np.sqrt(0.3))
    # … but on the boundary it is nothing but that of the residual
    at_zero = heritability(components(5e-8, 5.0))
    assert np.isnan(at_zero.errors(sampling_of(covariance), SENSIBLE)).all()


def test_what_the_data_cannot_separate_has_no_standard_error() -> None:
    """The sum of two confounded variances is determined, each alone is not."""
    variances = components(2.0, 3.0, 5.0)
    parts = [bilinear(variances, k, ONE, ONE) for k in range(3)]
    together = np.array([[0.1, 0.1, -0.05], [0.1, 0.1, -0.05], [-0.05, -0.05, 0.2]])
    sampling = sampling_of(together, unknown=np.array([[1.0], [-1.0], [0.0]]))
    total = parts[0] + parts[1] + parts[2]
    assert np.isnan(parts[0].errors(sampling)).all()
    assert np.isnan(parts[1].over(total, total).errors(sampling)).all()
    assert parts[2].errors(sampling) == pytest.approx(np.sqrt(0.2))
    assert total.errors(sampling) == pytest.approx(np.sqrt(together.sum()))


def test_statuses_of_cells() -> None:
    matrix = positive_definite(2)
    parts = (*unstructured(matrix), DiagonalSettings().make(matrix),
             DiagonalSettings(variances="equal").make(matrix))
    variances = Variances(parts, unstructured(1.0))
    sampling = Sampling(
        ("p",) * 7, np.eye(7),
        ("estimated", "fixed", "bound", "tied", "boundary", "estimated", "fixed"))
    found = [list(cell_statuses(variances, k, sampling)) for k in range(4)]
    assert found == [["estimated", "fixed", "bound"], ["tied", "structure", "boundary"],
                     ["estimated", "structure", "estimated"], ["fixed"]]
    assert list(cell_statuses(variances, 1, None)) == ["given"] * 3


def test_a_cell_of_several_parameters_is_estimated_when_one_of_them_is() -> None:
    variances = Variances(tuple(every_covariance(3)), unstructured(1.0))
    for number, part in enumerate(variances.effects):
        if type(part).__name__ != "CompoundSymmetry" or part.values.size != 4:
            continue
        statuses = np.full(variances.count, "fixed", object)
        statuses[variances.slices[number].start] = "estimated"
        sampling = Sampling(("p",) * variances.count, np.zeros((0, 0)), tuple(statuses))
        assert list(cell_statuses(variances, number, sampling)) == [
            "estimated", "estimated", "fixed", "estimated", "fixed", "fixed"]
        return
    pytest.fail("no compound symmetry with unequal variances")
