"""Functions of a covariate, and one coefficient per class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError
from breedeval.model.basis import b_splines, evaluate_basis, function_names, knots_of
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.model.terms import BSpline
from breedeval.records import Table
from tests.unit.model.made import table_of

Float64 = NDArray[np.float64]


def de_boor(x: float, knots: list[float], degree: int) -> list[float]:
    """B-splines at a point by their recursion (de Boor 1978); the right end belongs to the last."""
    full = [knots[0]] * degree + knots + [knots[-1]] * degree
    last = len(knots) - 2 + degree
    values = [float(full[k] <= x < full[k + 1] or (x == knots[-1] and k == last))
              for k in range(len(full) - 1)]
    for d in range(1, degree + 1):
        values = [
            (values[k] * (x - full[k]) / (full[k + d] - full[k]) if full[k + d] > full[k] else 0)
            + (values[k + 1] * (full[k + d + 1] - x) / (full[k + d + 1] - full[k + 1])
               if full[k + d + 1] > full[k + 1] else 0)
            for k in range(len(values) - 1)]
    return values


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=6, unique=True), st.integers(0, 4),
       st.integers(0, 2**32 - 1))
def test_b_splines_are_those_of_the_recursion(
    places: list[float], degree: int, seed: int
) -> None:
    knots = sorted(places)
    if min(np.diff(knots)) < 1e-3:
        return
    inside = np.random.default_rng(seed).uniform(knots[0], knots[-1], 5)
    x = np.concatenate([inside, [knots[0], knots[-1]]])
    found = b_splines(x, np.array(knots), degree)
    expected = [de_boor(value, knots, degree) for value in x]
    np.testing.assert_allclose(found, expected, atol=1e-10)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_knots_are_equally_spaced_over_the_range_of_the_data_or_the_given() -> None:
    ends = (2.0, 10.0)
    np.testing.assert_array_equal(
        knots_of(BSpline(bspline="x", knots=5), ends), [2, 4, 6, 8, 10])
    ranged = BSpline(bspline="x", knots=3, range=(0, 1))
    np.testing.assert_array_equal(knots_of(ranged, ends), [0, 0.5, 1])
    own = BSpline(bspline="x", knots=(0, 1, 5), degree=1)
    np.testing.assert_array_equal(knots_of(own, ends), [0, 1, 5])
    assert own.width == 3
    assert function_names(own) == tuple(f"bspline(x)[{k}]" for k in range(3))
    assert evaluate_basis(own, np.array([0.5, 3.0]), ends).tolist() == [
        [0.5, 0.5, 0], [0, 0.5, 0.5]]


def build(table: Table, findings: Findings | None = None, **model: Any) -> Design:
    words = Model.model_validate({"traits": ["y"], **model})
    return build_design(words, table, {}, findings or Findings())


def regression(basis: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "g", "components": {"g": {"column": "id", "basis": basis}}, **more}


def test_a_fixed_spline_within_classes() -> None:
    table = table_of(y="1 2 3", x="0 1 2", sex="F M F")
    spline = {"bspline": "x", "knots": 2, "degree": 1, "within": "sex"}
    design = build(table, fixed=[spline])
    term = design.fixed[1]
    assert term.name == "bspline(x) within sex"
    assert term.labels() == ["F bspline(x)[0]", "F bspline(x)[1]", "M bspline(x)[0]",
                             "M bspline(x)[1]"]
    np.testing.assert_allclose(term.values, [[1, 0], [0.5, 0.5], [0, 1]])
    assert design.model.fixed[0].range == (0.0, 2.0)


def test_a_random_spline_and_values_outside_its_knots() -> None:
    table, findings = table_of(y="1 2 3", x="0 1 4", id="a b a"), Findings()
    design = build(table, findings, random=[
        regression({"bspline": "x", "knots": [0, 1, 2], "degree": 1})])
    assert design.random[0].coefficients() == ["g[0]", "g[1]", "g[2]"]
    np.testing.assert_allclose(
        design.random[0].components[0].values, [[1, 0, 0], [0, 1, 0], [0, -2, 3]])
    assert findings.warnings == (
        "records.csv: 1 records have 'x' outside its range 0 to 2; the polynomial is extrapolated "
        "there.",)


def test_one_coefficient_for_every_class_of_the_data() -> None:
    table = table_of(y="1 2 3 . 5", env="E2 E10 E2 E7 .", id="a b b a a")
    design = build(table, random=[regression({"classes": "env"})])
    term = design.random[0]
    assert term.coefficients() == ["g[E2]", "g[E10]"]
    np.testing.assert_array_equal(term.components[0].shift, [0, 1, 0])
    np.testing.assert_array_equal(term.components[0].values, 1)
    np.testing.assert_array_equal(term.components[0].codes.ravel(), [0, 1, 1])
    assert design.model.random[0].parts["g"].basis.levels == ("E2", "E10")


def test_classes_in_the_order_given_and_records_of_others() -> None:
    table, findings = table_of(y="1 2 3 4", env="E1 E2 E3 E2", id="a b c a"), Findings()
    design = build(table, findings, random=[
        regression({"classes": "env", "levels": ["E2", "E1"]})])
    term = design.random[0]
    assert term.coefficients() == ["g[E2]", "g[E1]"]
    np.testing.assert_array_equal(term.components[0].codes.ravel(), [0, 1, -1, 0])
    np.testing.assert_array_equal(term.components[0].shift, [1, 0, 0, 0])
    assert findings.warnings == (
        "records.csv: 1 records are of a 'env' that 'levels' does not list, and carry no effect "
        "of it.",)


def test_a_class_that_no_record_is_of() -> None:
    table = table_of(y="1 2", env="E1 E2", id="a b")
    with pytest.raises(InputError) as caught:
        build(table, random=[regression({"classes": "env", "levels": ["E1", "E2", "E3", "E4"]})])
    assert caught.value.problems == tuple(
        f"records.csv: no record is of the 'env' '{name}'. Expected a record of each class "
        "listed. Correct 'levels'." for name in ("E3", "E4"))


def test_classes_are_those_of_the_records_that_have_a_trait_of_the_effect() -> None:
    table = table_of(y="1 2 .", z="1 . 3", env="E1 E2 E3", id="a b c")
    design = build(table, traits=["y", "z"], random=[
        regression({"classes": "env"}, traits=["y"]),
        {"name": "r", "traits": ["z"], "components": {
            "r": {"column": "id", "basis": {"classes": "env"}}}}])
    assert design.random[0].coefficients() == ["g[E1]", "g[E2]"]
    assert design.random[1].coefficients() == ["r[E1]", "r[E3]"]


def test_a_structure_that_does_not_fit_the_classes_of_the_data() -> None:
    """While classes are not listed, only the data say how many there are."""
    table = table_of(y="1 2", env="E1 E2", id="a b")
    with pytest.raises(InputError) as caught:
        build(table, random=[regression({"classes": "env"}, covariance={
            "kind": "factor_analytic", "order": 1})])
    assert caught.value.problems == (
        "records.csv: 1 factor of 2 coefficients would have 4 parameters for 3 (co)variances. The "
        "matrix of 'g' is of: g[E1], g[E2]. Choose a covariance that fits.",)
