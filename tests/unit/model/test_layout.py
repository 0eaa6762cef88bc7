"""Where every unknown stands."""

from __future__ import annotations

import numpy as np

from breedeval.errors import Findings
from breedeval.levels import Levels
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.layout import fixed_positions, make_layout
from breedeval.model.spec import Model
from breedeval.relationship.kind import Members
from tests.unit.model.made import table_of


def design() -> Design:
    """Two sexes, a slope a sex, direct and maternal effects of four, and two litters."""
    table = table_of(y="1 2 3", sex="F M M", x="10 20 30", id="c d d", dam="a . b",
                     litter="1 2 .")
    model = Model.model_validate({
        "traits": ["y"], "fixed": ["sex", {"covariate": "x", "degree": 2, "within": "sex"}],
        "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "dam"}},
            {"name": "litter", "column": "litter"}]})
    known = {"pedigree": Members(Levels.of(list("abcd")), {}, "the pedigree")}
    return build_design(model, table, known, Findings())


def test_offsets_follow_the_order_of_the_run_file() -> None:
    layout = make_layout(design(), (2, 0))
    assert layout.fixed_offsets == (0, 1, 3)
    assert layout.fixed_size == 7
    assert layout.random_offsets == (7, 7 + (4 + 2) * 2)
    assert layout.random_sizes == (6, 2)
    assert layout.random_widths == (2, 1)
    assert layout.size == 7 + 12 + 2
    assert layout.random_slice(0) == slice(7, 19)
    assert layout.random_slice(1) == slice(19, 21)


def test_positions_and_values_of_a_record() -> None:
    """Level-major with coefficients within: maternal of b is 7 + 1·2 + 1."""
    made = design()
    layout = make_layout(made, (0, 0))
    positions, values = layout.columns(made)
    np.testing.assert_array_equal(positions, [
        [0, 1, 3, 4, 7 + 4, 7 + 1, 15], [0, 2, 5, 6, 7 + 6, -1, 16], [0, 2, 5, 6, 7 + 6, 10, -1]])
    np.testing.assert_array_equal(values[:, :4], [
        [1, 1, 10, 100], [1, 1, 20, 400], [1, 1, 30, 900]])
    np.testing.assert_array_equal(values[:, 4:], 1)


def test_a_regression_within_classes_has_its_own_columns() -> None:
    term = design().fixed[2]
    np.testing.assert_array_equal(fixed_positions(term), [[0, 1], [2, 3], [2, 3]])
    assert term.labels() == ["F x", "F x^2", "M x", "M x^2"]


def test_without_random_effects_everything_is_fixed() -> None:
    table = table_of(y="1 2", sex="F M")
    made = build_design(Model.model_validate({"traits": ["y"], "fixed": ["sex"]}), table, {},
                        Findings())
    layout = make_layout(made, ())
    assert layout.fixed_size == layout.size == 3
