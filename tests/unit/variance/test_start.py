"""Where estimation starts: positive definite, of the data's scale, and never without a start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import Findings
from breedeval.evaluation.variances import start_variances
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.variance.start import (
    StartingMatrices,
    least_squares_residuals,
    starting_matrices,
)
from tests.oracles.dense_design import dense_data
from tests.unit.equations.made import CASES, equations_of, records
from tests.unit.model.made import table_of


def design_of(name: str, table: pd.DataFrame | None = None) -> Design:
    return equations_of(CASES[name], records(1) if table is None else table).design


def every_matrix(found: StartingMatrices) -> Iterator[np.ndarray]:
    yield from (*found.effects, *found.residual)


@pytest.mark.parametrize("name", CASES)
def test_every_matrix_is_positive_definite_and_of_its_size(name: str) -> None:
    design = design_of(name)
    found = starting_matrices(design)
    for matrix in every_matrix(found):
        assert np.linalg.eigvalsh(matrix)[0] > 1e-3 * np.diagonal(matrix).min()
        np.testing.assert_array_equal(matrix, matrix.T)
    assert [len(matrix) for matrix in found.effects] == [term.width for term in design.random]
    assert len(found.residual) == len(design.residual.levels)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].parents != "groups"])
def test_residuals_are_those_of_least_squares(name: str) -> None:
    equations = CASES[name].equations()
    data, root = dense_data(equations), np.sqrt(equations.design.weights)
    x, y = root[:, None] * data.x, root * data.y
    expected = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(
        least_squares_residuals(equations.design), expected, atol=1e-5 * np.abs(y).max())


def test_shares_of_one_trait_are_equal_and_add_up_to_its_variance() -> None:
    """Three of them: two random effects and the residual."""
    design = design_of("one trait")
    found = starting_matrices(design)
    shares = [float(matrix[0, 0]) for matrix in every_matrix(found)]
    residuals = least_squares_residuals(design)
    freedom = design.size - sum(term.size for term in design.fixed)
    assert shares == pytest.approx([residuals @ residuals / freedom / 3] * 3, rel=1e-12)


@pytest.mark.parametrize("name", ["own models", "maternal of two traits", "log-linear"])
@pytest.mark.parametrize("factor", [1e-3, 40.0])
def test_a_trait_in_other_units_has_its_start_in_these_units(name: str, factor: float) -> None:
    table = records(1)
    design, scaled = design_of(name), design_of(name, table.assign(y2=table["y2"] * factor))
    scale = np.array([factor if trait == "y2" else 1.0 for trait in design.traits])
    one, other = starting_matrices(design), starting_matrices(scaled)
    for term, before, after in zip(design.random, one.effects, other.effects, strict=True):
        own = np.array([scale[trait] for _, trait in term.cells()])
        np.testing.assert_allclose(after, before * np.outer(own, own), rtol=1e-6)
    for before, after in zip(one.residual, other.residual, strict=True):
        np.testing.assert_allclose(after, before * np.outer(scale, scale), rtol=1e-6)


def test_a_far_origin_of_a_trait_changes_no_start() -> None:
    table = records(1)
    one, other = (starting_matrices(design_of("two traits", table.assign(y1=table["y1"] + shift)))
                  for shift in (0.0, 1e5))
    for before, after in zip(every_matrix(one), every_matrix(other), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-4)


def test_a_constant_trait_and_traits_never_seen_together_have_a_start() -> None:
    table = table_of(y="7 7 7 . . .", z=". . . 1 2 4", id="a b c a b c")
    model = Model.model_validate({"traits": ["y", "z"], "random": [{"name": "a", "column": "id"}]})
    found = starting_matrices(build_design(model, table, {}, Findings()))
    for matrix in every_matrix(found):
        assert np.linalg.eigvalsh(matrix)[0] > 0
        assert np.isfinite(matrix).all()


def test_given_starts_replace_those_of_the_data() -> None:
    design = design_of("residual classes")
    given = np.diag([1.0, 2.0, 3.0])
    found = start_variances(design, {"animal": given.tolist()})
    np.testing.assert_array_equal(found.effects[0].matrix, given)
    ours = starting_matrices(design)
    np.testing.assert_allclose(found.residual[1].matrix, ours.residual[1])
    both = start_variances(design, {"residual": given.tolist()})
    assert all((part.matrix == given).all() for part in both.residual)


@pytest.mark.parametrize("name", CASES)
def test_structures_start_near_the_data(name: str) -> None:
    design = design_of(name)
    found = start_variances(design, {})
    for covariance, matrix in zip(
            found.covariances, every_matrix(starting_matrices(design)), strict=True):
        ratio = np.diagonal(covariance.matrix) / np.diagonal(matrix)
        assert ((ratio > 0.2) & (ratio < 5)).all()
    assert not found.slopes.any()
