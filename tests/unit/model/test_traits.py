"""Several traits in one design: own models, holes, classes of the residual, effects of some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from breedeval.errors import Findings, InputError
from breedeval.levels import Levels
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.layout import make_layout
from breedeval.model.spec import Model
from breedeval.records import Table
from breedeval.relationship.kind import Members
from tests.unit.model.made import table_of

ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
KNOWN = {"pedigree": Members(Levels.of(list("abc")), {}, "the pedigree")}


def build(table: Table, findings: Findings | None = None, **model: Any) -> Design:
    return build_design(Model.model_validate(model), table, KNOWN, findings or Findings())


def three() -> Table:
    """Five records: both traits, one, the other, none, both."""
    return table_of(y="1 2 . . 5", z="10 . 30 . 50", id="a b c a b", sex="F M F M .",
                    pen="p q q p q", w="1 2 3 4 5", v="1 1 2 2 .", x="1 2 3 4 5")


def test_observations_of_a_record_stand_side_by_side() -> None:
    design = build(three(), traits=["y", "z"], random=[ANIMAL])
    np.testing.assert_array_equal(design.y, [1, 10, 2, 30, 5, 50])
    np.testing.assert_array_equal(design.trait, [0, 1, 0, 1, 0, 1])
    np.testing.assert_array_equal(design.unit, [0, 0, 1, 2, 3, 3])
    np.testing.assert_array_equal(design.rows, [0, 1, 2, 4])
    assert (design.size, design.records, design.traits) == (6, 4, ("y", "z"))
    np.testing.assert_array_equal(design.of_trait(1), [1, 3, 5])
    np.testing.assert_array_equal(design.random[0].components[0].codes.ravel(), [0, 1, 2, 1])


def test_the_order_of_traits_is_that_of_the_run_file() -> None:
    design = build(three(), traits=["z", "y"])
    np.testing.assert_array_equal(design.y, [10, 1, 2, 30, 50, 5])
    np.testing.assert_array_equal(design.trait, [0, 1, 1, 0, 0, 1])


def test_each_trait_may_have_its_own_model() -> None:
    """sex of the last record is missing: only the trait that needs it lacks the record."""
    findings = Findings()
    design = build(three(), findings, fixed=["sex"], weights="w", traits={
        "y": None, "z": {"fixed": ["pen"], "intercept": False, "weights": "v"}})
    assert [(term.name, term.trait) for term in design.fixed] == [
        ("intercept", 0), ("sex", 0), ("pen", 1)]
    np.testing.assert_array_equal(design.y, [1, 10, 2, 30])
    np.testing.assert_array_equal(design.weights, [1, 1, 2, 2])
    assert design.fixed[2].levels == ("p", "q")
    np.testing.assert_array_equal(design.fixed[2].codes, [0, 1])
    assert findings.warnings[:4] == (
        "records.csv: 2 of 5 rows have no 'y'.",
        "records.csv: 1 records have no 'sex' and are not used for 'y' (the first is "
        "records.csv:6).",
        "records.csv: 2 of 5 rows have no 'z'.",
        "records.csv: 1 records have no 'v' and are not used for 'z' (the first is "
        "records.csv:6).")


def test_fixed_effects_of_all_traits_have_the_levels_of_each() -> None:
    design = build(three(), traits=["y", "z"], fixed=["pen", {"covariate": "x"}])
    assert [(term.name, term.trait) for term in design.fixed] == [
        (name, trait) for trait in (0, 1) for name in ("intercept", "pen", "x")]
    assert design.fixed[2].centre == 3.0
    np.testing.assert_allclose(design.fixed[5].values.ravel() * design.fixed[5].scale
                               + design.fixed[5].centre, [1, 3, 5])


def test_an_effect_of_some_traits_has_only_their_levels_and_cells() -> None:
    pen = {"name": "pen", "column": "pen", "traits": ["z"]}
    both = {"name": "litter", "column": "w", "traits": ["z", "y"]}
    design = build(three(), traits=["y", "z"], random=[pen, both])
    assert design.random[0].traits == (1,)
    assert design.random[1].traits == (0, 1)
    np.testing.assert_array_equal(design.random[0].components[0].codes.ravel(), [0, -1, 1, 1])
    assert design.random[1].cells() == [("litter", 0), ("litter", 1)]
    assert design.cell_labels(design.random[0]) == [""]
    assert design.cell_labels(design.random[1]) == ["y", "z"]


def test_cells_are_components_with_the_traits_within() -> None:
    genetic = {"name": "genetic", "relationship": "pedigree",
               "components": {"direct": "id", "curve": {"column": "id", "basis": {
                   "legendre": "x", "degree": 1}}}}
    design = build(three(), traits=["y", "z"], random=[genetic])
    assert design.cell_labels(design.random[0]) == [
        "direct:y", "direct:z", "curve[0]:y", "curve[0]:z", "curve[1]:y", "curve[1]:z"]
    assert design.random[0].width == 6
    alone = build(three(), traits="y", random=[genetic])
    assert alone.cell_labels(alone.random[0]) == ["direct", "curve[0]", "curve[1]"]
    assert alone.residual_labels() == [""]
    assert design.residual_labels() == ["y", "z"]


def test_positions_with_traits_within_coefficients() -> None:
    """Level b, component direct, trait z is 3 + 1·6 + 0·2 + 1 after three fixed columns."""
    genetic = {"name": "genetic", "relationship": "pedigree",
               "components": {"direct": "id", "curve": {"column": "id", "basis": {
                   "legendre": "x", "degree": 1}}}}
    design = build(three(), fixed=["pen"], random=[genetic],
                   traits={"y": {"fixed": []}, "z": {"intercept": False}})
    layout = make_layout(design, (0,))
    assert layout.fixed_offsets == (0, 1)
    assert (layout.fixed_size, layout.random_widths, layout.size) == (3, (6,), 3 + 3 * 6)
    positions, values = layout.columns(design)
    np.testing.assert_array_equal(positions, [
        [0, 3, 5, 7],      # y of a
        [1, 4, 6, 8],      # z of a, in pen p
        [0, 9, 11, 13],    # y of b
        [2, 16, 18, 20],   # z of c, in pen q
        [0, 9, 11, 13],    # y of b
        [2, 10, 12, 14]])  # z of b, in pen q
    np.testing.assert_allclose(values[:, :2], 1)
    np.testing.assert_allclose(values[:, 2], np.sqrt(0.5))


def test_positions_of_an_effect_of_one_trait() -> None:
    pen = {"name": "pen", "column": "pen", "traits": ["z"]}
    design = build(three(), traits=["y", "z"], random=[ANIMAL, pen])
    layout = make_layout(design, (0, 0))
    positions, _ = layout.columns_of(design, 1)
    np.testing.assert_array_equal(positions.ravel(), [-1, 8, -1, 9, -1, 9])
    positions, _ = layout.columns_of(design, 0)
    np.testing.assert_array_equal(positions.ravel(), [2, 3, 4, 7, 4, 5])


def test_residual_classes_and_covariates() -> None:
    design = build(three(), traits=["y", "z"], residual={"by": "pen:sex", "log_linear": "x"})
    np.testing.assert_array_equal(design.rows, [0, 1, 2])
    assert design.residual.levels == ("p:F", "q:F", "q:M")
    np.testing.assert_array_equal(design.residual.codes, [0, 2, 1])
    np.testing.assert_array_equal(design.residual.covariates, [[1], [2], [3]])
    assert design.residual.names == ("x",)


def test_without_classes_there_is_one_residual() -> None:
    design = build(three(), traits=["y"])
    assert design.residual.levels == ("",)
    assert design.residual.covariates.shape == (3, 0)


def test_every_trait_needs_a_record() -> None:
    table = table_of(y="1 2", z=". .", u=". .")
    with pytest.raises(InputError) as caught:
        build(table, traits=["y", "z", "u"])
    assert caught.value.problems == tuple(
        f"records.csv: no row has the trait '{name}' and every effect of the model. Expected at "
        "least one complete record. Look at the missing cells named above, and at 'records: "
        "missing'." for name in "zu")


def test_faults_of_two_traits_are_told_together() -> None:
    table = table_of(y="1 x", z="2 3", w="1 -1", id="a stranger")
    with pytest.raises(InputError) as caught:
        build(table, traits={"y": {"weights": "w"}, "z": None}, random=[ANIMAL])
    assert [problem.split(". ")[0] for problem in caught.value.problems] == [
        "records.csv:3: 'x' in column 'y' is not a number",
        "records.csv:3: the weight in 'w' is -1",
        "records.csv:3: 'stranger' in column 'id' is not in the pedigree"]


def test_thin_levels_are_said_of_their_trait() -> None:
    findings = Findings()
    build(table_of(y="1 2 3 4", z="1 1 . .", herd="a a b b"), findings, traits=["y", "z"],
          fixed=["herd"])
    assert findings.warnings == (
        "records.csv: 2 of 4 rows have no 'z'.",
        "records.csv: 'herd' has one level only ('a') and says nothing beyond the mean for 'z'.",
        "records.csv: 'z' is 1 in every record.")


@pytest.mark.parametrize(("change", "words"), [
    ({"random": [{**ANIMAL, "traits": ["w"]}]}, "there is no trait 'w'"),
    ({"random": [{**ANIMAL, "traits": ["y", "y"]}]}, "trait 'y' is listed twice"),
    ({"random": [{**ANIMAL, "column": "z"}]}, "'z' is a trait and the column of the random"),
    ({"fixed": ["z"]}, "'z' is a trait and a fixed effect at once"),
    ({"weights": "z"}, "'z' is a trait and the weights at once"),
    ({"residual": {"by": "pen:z"}}, "'z' is a trait and a column of the residual"),
    ({"residual": {"log_linear": ["x", "x"]}}, "column 'x' is listed twice"),
    ({"traits": ["y", "z", "y"]}, "trait 'y' is listed twice"),
    ({"traits": {"y": {"fixed": ["a", "a"]}, "z": {}}}, "the effect 'a' is in the model twice"),
    ({"traits": {"y": {"fixed": ["a"]}, "z": {"fixed": []}}, "fixed": ["b"]},
     "'fixed' is used by no trait"),
    ({"random": [{**ANIMAL, "name": "log_linear"}]}, "'log_linear' is a key of 'variances'"),
    ({"random": [{**ANIMAL, "covariance": {"kind": "factor_analytic", "order": 2}}]},
     "2 factors of 2 coefficients would have 5 parameters"),
    ({"residual": {"covariance": {"kind": "scaled", "matrix": [[1]]}}},
     "the scaled matrix is 1 × 1, and there are 2 coefficients"),
    ({"random": [ANIMAL, {**ANIMAL, "name": "again", "traits": ["z"]}]}, "are the same"),
])
def test_what_contradicts_itself_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Model.model_validate({"traits": ["y", "z"], **change})


def test_two_effects_of_one_column_on_different_traits_are_two() -> None:
    effects = [{**ANIMAL, "traits": ["y"]}, {**ANIMAL, "name": "other", "traits": ["z"]}]
    model = Model.model_validate({"traits": ["y", "z"], "random": effects})
    assert [model.cells_of(effect.name) for effect in model.random] == [("animal",), ("other",)]


def test_names_of_the_rows_of_a_matrix() -> None:
    parts = {"d": "id", "g": {"column": "id", "basis": {"classes": "pen", "levels": ["p", "q"]}}}
    model = Model.model_validate({"traits": ["y", "z"], "random": [
        ANIMAL, {"name": "g", "components": parts},
        {"name": "open", "components": {"c": {"column": "id", "basis": {"classes": "pen"}}}}]})
    assert model.cells_of("animal") == ("y", "z")
    assert model.cells_of("g") == ("d:y", "d:z", "g[p]:y", "g[p]:z", "g[q]:y", "g[q]:z")
    assert model.cells_of("open") is None
    assert model.cells_of("residual") == ("y", "z")
