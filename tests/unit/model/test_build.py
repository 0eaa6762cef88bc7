"""From words and records to a design: which rows are used, with what, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from breedeval.errors import Findings, InputError
from breedeval.levels import Levels
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.records import Table
from breedeval.relationship.kind import Members
from tests.unit.model.made import table_of

ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}


def known(names: str, **clones: str) -> dict[str, Members]:
    return {"pedigree": Members(Levels.of(names.split()), clones, "the pedigree")}


def build(
    table: Table, model: dict[str, Any], levels: dict[str, Members] | None = None,
    findings: Findings | None = None,
) -> Design:
    words = Model.model_validate({"traits": ["y"], **model})
    return build_design(words, table, levels or {}, findings or Findings())


def warnings_of(
    table: Table, model: dict[str, Any], levels: dict[str, Members] | None = None
) -> tuple[str, ...]:
    findings = Findings()
    build(table, model, levels, findings)
    return findings.warnings


def faults_of(
    table: Table, model: dict[str, Any], levels: dict[str, Members] | None = None
) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        build(table, model, levels)
    return caught.value.problems


def test_zero_is_a_value() -> None:
    design = build(table_of(y="0 1 . 0.0 -0"), {})
    np.testing.assert_array_equal(design.y, [0, 1, 0, 0])
    np.testing.assert_array_equal(design.rows, [0, 1, 3, 4])


def test_missing_cells_leave_out_the_row_and_are_counted() -> None:
    table = table_of(y="1 2 . 4 5 6", sex="M . F F M F", age="3 4 5 . 7 8", w="1 1 1 1 . 1")
    model = {"fixed": ["sex", {"covariate": "age"}], "weights": "w"}
    findings = Findings()
    design = build(table, model, findings=findings)
    np.testing.assert_array_equal(design.rows, [0, 5])
    assert findings.warnings[:4] == (
        "records.csv: 1 of 6 rows have no 'y' and are not used.",
        "records.csv: 1 records have no 'sex' and are not used (the first is records.csv:3).",
        "records.csv: 1 records have no 'age' and are not used (the first is records.csv:5).",
        "records.csv: 1 records have no 'w' and are not used (the first is records.csv:6).")


def test_a_record_without_its_individual_is_left_out() -> None:
    table = table_of(y="1 2 3", id="a . b")
    design = build(table, {"random": [ANIMAL]}, known("a b c"))
    np.testing.assert_array_equal(design.rows, [0, 2])
    np.testing.assert_array_equal(design.random[0].components[0].codes, [[0], [1]])


def test_a_record_without_a_dam_or_a_litter_stays() -> None:
    table = table_of(y="1 2 3", id="a b c", dam="x . x", litter=". 1 1")
    effects = [{"name": "genetic", "relationship": "pedigree",
                "components": {"direct": "id", "maternal": "dam"}},
               {"name": "litter", "column": "litter"}]
    findings = Findings()
    design = build(table, {"random": effects}, known("a b c x"), findings)
    assert design.size == 3
    direct, maternal = design.random[0].components
    np.testing.assert_array_equal(direct.codes.ravel(), [0, 1, 2])
    np.testing.assert_array_equal(maternal.codes.ravel(), [3, -1, 3])
    np.testing.assert_array_equal(design.random[1].components[0].codes.ravel(), [-1, 0, 0])
    assert findings.warnings == (
        "records.csv: 1 records have no 'dam' and carry no 'maternal' effect.",
        "records.csv: 1 records have no 'litter' and carry no 'litter' effect.")


def test_individuals_that_are_not_in_the_pedigree() -> None:
    table = table_of(y="1 2 3 4 5 6 7", id="a b c d e f g")
    assert faults_of(table, {"random": [ANIMAL]}, known("a")) == (
        *(f"records.csv:{line}: '{name}' in column 'id' is not in the pedigree. Effect 'animal' "
          "needs every individual there. Add a line for it (parents may be unknown), or remove "
          "the record." for line, name in zip(range(3, 8), "bcdef", strict=True)),
        "… and 1 more of this kind (6 in all).")


def test_records_without_the_trait_may_name_anybody() -> None:
    table = table_of(y="1 . 3", id="a stranger a")
    assert build(table, {"random": [ANIMAL]}, known("a")).size == 2


def test_clones_share_the_level_of_the_individual_they_are_copies_of() -> None:
    table = table_of(y="1 2 3", id="a copy b")
    design = build(table, {"random": [ANIMAL]}, known("a b", copy="b"))
    np.testing.assert_array_equal(design.random[0].components[0].codes.ravel(), [0, 1, 1])


def test_sums_over_several_columns() -> None:
    table = table_of(y="1 2", id="a b", mate1="b c", mate2="c .")
    effect = {"name": "social", "relationship": "pedigree", "components": {
        "direct": "id", "mates": {"columns": ["mate1", "mate2"]}}}
    findings = Findings()
    design = build(table, {"random": [effect]}, known("a b c"), findings)
    np.testing.assert_array_equal(design.random[0].components[1].codes, [[1, 2], [2, -1]])
    assert findings.warnings == ()


def test_random_regression_has_a_coefficient_a_function() -> None:
    table = table_of(y="1 2 3", id="a a b", dim="5 155 305")
    basis = {"legendre": "dim", "degree": 2, "range": [5, 305]}
    effect = {"name": "curve", "relationship": "pedigree",
              "components": {"lactation": {"column": "id", "basis": basis}}}
    design = build(table, {"random": [effect]}, known("a b"))
    assert design.random[0].coefficients() == ["lactation[0]", "lactation[1]", "lactation[2]"]
    root = np.sqrt([0.5, 1.5, 2.5])
    np.testing.assert_allclose(
        design.random[0].components[0].values, root * [[1, -1, 1], [1, 0, -0.5], [1, 1, 1]],
        atol=1e-15)


def test_interactions_join_labels_and_skip_absent_combinations() -> None:
    table = table_of(y="1 2 3 4", herd="a a b b", year="1 2 2 2")
    term = build(table, {"fixed": ["herd:year"]}).fixed[1]
    assert term.levels == ("a:1", "a:2", "b:2")
    np.testing.assert_array_equal(term.codes, [0, 1, 2, 2])


def test_random_levels_may_be_an_interaction() -> None:
    table = table_of(y="1 2 3", herd="a a b", year="1 2 2")
    term = build(table, {"random": [{"name": "hy", "column": "herd:year"}]}).random[0]
    assert term.levels.to_list() == ["a:1", "a:2", "b:2"]


def test_levels_stand_in_the_order_in_which_people_count() -> None:
    term = build(table_of(y="1 2 3 4", herd="10 9 100 9"), {"fixed": ["herd"]}).fixed[1]
    assert term.levels == ("9", "10", "100")


def test_names_that_look_like_other_things_are_names() -> None:
    table = table_of(y="1 2 3 4", id="0123 NO 1e5 123")
    design = build(table, {"random": [ANIMAL]}, known("123 1e5 NO 0123 100000"))
    np.testing.assert_array_equal(
        design.random[0].components[0].codes.ravel(), [3, 2, 1, 0])


def test_numbers_in_a_class_column_are_labels() -> None:
    term = build(table_of(y="1 2 3", herd="1 1.0 01"), {"fixed": ["herd"]}).fixed[1]
    assert sorted(term.levels) == ["01", "1", "1.0"]


def test_polynomials_and_curves_within_classes() -> None:
    table = table_of(y="1 2 3", age="1 2 3", sex="F M F")
    design = build(table, {"fixed": [
        {"covariate": "age", "degree": 2}, {"covariate": "age", "within": "sex"}]})
    square, within = design.fixed[1], design.fixed[2]
    np.testing.assert_array_equal(square.values, [[-1, 1], [0, 0], [1, 1]])
    assert (square.centre, square.scale) == (2.0, 1.0)
    np.testing.assert_array_equal(within.values, [[1], [2], [3]])
    assert square.labels() == ["age", "age^2"]
    assert within.labels() == ["F age", "M age"]
    np.testing.assert_array_equal(within.codes, [0, 1, 0])


def test_thin_levels_are_counted() -> None:
    table = table_of(y="1 2 3 4", herd="a a b c", farm="f f f f")
    assert warnings_of(table, {"fixed": ["herd", "farm"]}) == (
        "records.csv: 2 of the 3 levels of 'herd' have one record, which then says nothing of "
        "the animal.",
        "records.csv: 'farm' has one level only ('f') and says nothing beyond the mean.")


def test_a_constant_trait_is_said() -> None:
    assert warnings_of(table_of(y="7 7 7"), {}) == ("records.csv: 'y' is 7 in every record.",)


def test_values_outside_the_range_of_a_curve_are_counted() -> None:
    table = table_of(y="1 2 3", dim="1 100 310")
    curve = {"legendre": "dim", "degree": 1, "range": [5, 305]}
    assert warnings_of(table, {"fixed": [curve]}) == (
        "records.csv: 2 records have 'dim' outside its range 5 to 305; the polynomial is "
        "extrapolated there.",)


def test_all_faults_of_the_columns_at_once() -> None:
    table = table_of(y="1 x 3", w="1 -2 0", age="1 2 old", id="a b z")
    model = {"fixed": [{"covariate": "age"}], "weights": "w", "random": [ANIMAL]}
    assert faults_of(table, model, known("a b")) == (
        "records.csv:3: 'x' in column 'y' is not a number. Expected a decimal number such as "
        "12.5. Correct the cell, or add the text to 'records: missing' if it means missing.",
        *(f"records.csv:{line}: the weight in 'w' is {weight}. Expected a number above zero. "
          "Remove the record if it carries no information." for line, weight in ((3, -2), (4, 0))),
        "records.csv:4: 'old' in column 'age' is not a number. Expected a decimal number such as "
        "12.5. Correct the cell, or add the text to 'records: missing' if it means missing.",
        "records.csv:4: 'z' in column 'id' is not in the pedigree. Effect 'animal' needs every "
        "individual there. Add a line for it (parents may be unknown), or remove the record.")


def test_unknown_columns_are_all_named_with_the_nearest() -> None:
    table = table_of(y="1 2", sex="M F", id="a b")
    model = {"fixed": ["sx"], "weights": "w", "random": [{**ANIMAL, "column": "idd"}]}
    assert faults_of(table, model, known("a b")) == (
        "records.csv: there is no column 'sx' (named in the model). The columns are: y, sex, id. "
        "Did you mean 'sex'?",
        "records.csv: there is no column 'w' (named in the model). The columns are: y, sex, id.",
        "records.csv: there is no column 'idd' (named in the model). The columns are: y, sex, "
        "id. Did you mean 'id'?")


def test_a_fault_in_a_column_of_two_effects_is_told_once() -> None:
    table = table_of(y="1 2 3", id="a a b", dim="5 soon 9")
    curve = {"legendre": "dim", "degree": 1}
    effect = {"name": "curve", "relationship": "pedigree",
              "components": {"lactation": {"column": "id", "basis": curve}}}
    assert faults_of(table, {"fixed": [curve], "random": [effect]}, known("a b")) == (
        "records.csv:3: 'soon' in column 'dim' is not a number. Expected a decimal number such "
        "as 12.5. Correct the cell, or add the text to 'records: missing' if it means missing.",)


def test_a_curve_of_a_constant_needs_a_range() -> None:
    table = table_of(y="1 2 3", dim="5 5 5")
    assert faults_of(table, {"fixed": [{"legendre": "dim", "degree": 1}]}) == (
        "records.csv: the covariate 'dim' is 5 in every record. Expected at least two different "
        "values. Give 'range:', or leave the covariate out.",)


def test_the_range_of_the_data_is_that_of_the_records_used() -> None:
    table = table_of(y="1 2 . 4", dim="10 20 500 30")
    design = build(table, {"fixed": [{"legendre": "dim", "degree": 1}]})
    np.testing.assert_allclose(
        design.fixed[1].values[:, 1], np.sqrt(1.5) * np.array([-1, 0, 1]), atol=1e-15)
    assert design.model.fixed[0].range == (10.0, 30.0)


def test_no_record_is_left() -> None:
    table = table_of(y="1 2 .", sex=". . F")
    assert faults_of(table, {"fixed": ["sex"]}) == (
        "records.csv: no row has the trait 'y' and every effect of the model. Expected at least "
        "one complete record. Look at the missing cells named above, and at 'records: missing'.",)


@pytest.mark.parametrize("factor", [1, 2])
def test_powers_that_cannot_be_told_apart_are_refused(factor: int) -> None:
    """Year and its square: 1 − R² is 5e-12, and without an intercept nothing can be centred."""
    years = [str(2014 + factor * k) for k in range(12)]
    table = table_of(y=" ".join("123456789123"), year=" ".join(years))
    square = {"fixed": [{"covariate": "year", "degree": 2}], "intercept": False}
    assert faults_of(table, square) == (
        f"records.csv: the functions of 'year' up to degree 2 are too alike to be told apart: it "
        f"runs from 2014 to {2014 + 11 * factor}. Expected values around zero. Use {{legendre: "
        "year, degree: 2}, which fits the same curve, or subtract a constant from the column.",)
    assert build(table, {**square, "intercept": True}).fixed[1].size == 2
    assert build(table, {"fixed": [{"legendre": "year", "degree": 2}]}).fixed[1].size == 3


def test_a_range_that_does_not_fit_the_data_is_refused() -> None:
    table = table_of(y="1 2 3 4", dim="9001 9002 9003 9004")
    curve = {"legendre": "dim", "degree": 2, "range": [0, 10000]}
    assert faults_of(table, {"fixed": [curve]}) == (
        "records.csv: the functions of 'dim' up to degree 2 are too alike to be told apart: it "
        "runs from 9001 to 9004. Give a 'range:' that fits the data.",)


def test_few_values_of_a_covariate_are_a_matter_of_rank() -> None:
    table = table_of(y="1 2 3 4", dose="0 0 2020 2020")
    assert build(table, {"fixed": [{"covariate": "dose", "degree": 2}]}).fixed[1].size == 2


def test_ordinary_polynomials_are_not_refused() -> None:
    age = " ".join(str(400 + 20 * k) for k in range(12))
    table = table_of(y=" ".join("123456789123"), age=age)
    assert build(table, {"fixed": [{"covariate": "age", "degree": 3}]}).fixed[1].size == 3


def test_a_value_far_from_the_others_is_pointed_out() -> None:
    assert warnings_of(table_of(y="31 29 -999 30 28 33 27 30"), {}) == (
        "records.csv:4: 'y' is -999, far from the others (half of them lie between 27.75 and "
        "30.25). If it means missing, add it to 'records: missing'.",)
