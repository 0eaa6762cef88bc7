"""Where conjugate gradients start: at the solutions of an earlier run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings
from breedeval.evaluation.preparing import Inputs, prepare
from breedeval.evaluation.solving import (
    Solutions,
    factorise,
    make_solver,
    solve_direct,
    solve_iterative,
)
from breedeval.evaluation.systems import FactoredSystem
from breedeval.evaluation.tables import solutions_table
from breedeval.evaluation.variances import given_variances
from breedeval.evaluation.warm_start import start_from
from breedeval.model.spec import Model
from breedeval.pedigree.build import PedigreeReading, build_pedigree
from breedeval.records import Table
from tests.unit.evaluation.made import equations_of

MODEL = {"traits": ["milk", "fat"], "fixed": ["herd", {"covariate": "year", "degree": 2}],
         "random": [{"name": "animal", "column": "id", "relationship": "pedigree"},
                    {"name": "pen", "column": "pen"}]}
VARIANCES = {"animal": [[3, 1], [1, 2]], "pen": [[1, 0.2], [0.2, 1]],
             "residual": [[5, 1], [1, 4]]}


def pedigree_of(size: int) -> pd.DataFrame:
    """The first of so many individuals; parents among those before."""
    rng = np.random.default_rng(1)
    rows = [(f"i{k}", f"i{rng.integers(0, k // 2)}" if k > 10 else "",
             f"i{rng.integers(k // 2, k)}" if k > 10 else "") for k in range(80)]
    return pd.DataFrame(rows[:size], columns=["id", "sire", "dam"])


def records_of(size: int, factor: float = 1.0) -> pd.DataFrame:
    """Two records each of the first individuals, the last twenty without."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({
        "id": [f"i{k % 60}" for k in range(120)], "herd": rng.choice(["a", "b", "c"], 120),
        "pen": rng.choice(list("uvwxyz"), 120), "year": rng.integers(2015, 2025, 120),
        "milk": rng.normal(20, 3, 120), "fat": rng.normal(4, 2, 120)})
    table = table[table["id"].isin(pedigree_of(size)["id"])].reset_index(drop=True)
    return table.assign(milk=factor * table["milk"])


def equations(size: int = 80) -> Equations:
    return equations_of(records_of(size), MODEL, VARIANCES, pedigree_of(size))


def solved(found: Equations) -> Solutions:
    return solve_direct(FactoredSystem(
        found, factorise(found, found.lower(), make_solver("cholesky", 1))))


def test_from_its_own_solutions_nothing_is_left_to_do() -> None:
    """Centred covariates, whose solutions are told for the user's own, included."""
    made = equations()
    exact = solved(made)
    start = start_from(made, solutions_table(exact))
    np.testing.assert_allclose(start.unknowns, exact.unknowns, rtol=1e-8, atol=1e-8)
    assert (start.matched, start.from_parents) == (made.size, 0)
    again = solve_iterative(made, tolerance=1e-8, max_iterations=100, start=start.unknowns)
    assert again.iterations == 0
    assert again.converged


def test_fewer_rounds_lead_to_the_same_answer_when_data_were_added() -> None:
    old, new = equations(50), equations()
    start = start_from(new, solutions_table(solved(old)))
    cold, warm = (solve_iterative(new, tolerance=1e-6, max_iterations=500, start=begin)
                  for begin in (None, start.unknowns))
    assert warm.converged
    assert warm.iterations < cold.iterations
    exact = solved(new)
    sharp = solve_iterative(new, tolerance=1e-13, max_iterations=900, start=start.unknowns)
    np.testing.assert_allclose(sharp.estimates, exact.estimates, rtol=1e-7, atol=1e-7)


def test_new_individuals_begin_at_the_mean_of_their_parents() -> None:
    old, new = solved(equations(60)), equations()
    start = start_from(new, solutions_table(old))
    assert start.from_parents == 20 * 2
    estimates = dict(zip(
        zip(*(solutions_table(old)[name] for name in ("effect", "trait", "level")), strict=True),
        solutions_table(old)["estimate"], strict=True))
    layout, term = new.layout, new.design.random[0]
    place = layout.random_slice(0)
    begun = np.full(layout.size, np.nan)
    begun[new.number >= 0] = start.unknowns
    cells = begun[place].reshape(-1, 2)
    rows = term.levels.codes(["i5", "i70"])
    parents = pedigree_of(80).set_index("id").loc["i70", ["sire", "dam"]]
    expected = np.mean([[estimates.get(("animal", trait, name), np.nan)
                         for trait in ("milk", "fat")] for name in parents], axis=0)
    own = [estimates["animal", trait, "i5"] for trait in ("milk", "fat")]
    scale = cells[rows[0]] / own
    np.testing.assert_allclose(scale, scale[0])  # one factor for all of the start
    if np.isfinite(expected).all():
        np.testing.assert_allclose(cells[rows[1]] / expected, scale)
    assert np.isfinite(cells).all()


@pytest.mark.parametrize("spoil", [-1.0, 1e6, 0.0])
def test_no_start_is_worse_than_none(spoil: float) -> None:
    """½x′Cx − b′x, which the rounds minimise and which is 0 at x = 0, is not above it."""
    made = equations()
    rng = np.random.default_rng(3)
    table = solutions_table(solved(made))
    noise = rng.normal(size=len(table))
    table["estimate"] = spoil * (table["estimate"] + noise)
    x = start_from(made, table).unknowns
    assert 0.5 * x @ made.product(x) - made.right_hand_side @ x <= 1e-9


def test_a_start_of_another_model_is_none() -> None:
    made = equations()
    table = solutions_table(solved(made)).assign(effect="other")
    start = start_from(made, table)
    assert start.matched == 0
    assert not start.unknowns.any()


def test_unknown_parent_groups_are_parents() -> None:
    """A founder of a group begins at half the group's solution."""
    people = pd.DataFrame([("a", "G1", "G2"), ("b", "G1", "G1"), ("c", "a", "b"), ("d", "a", "G2"),
                           ("e", "c", "d"), ("f", "G1", "d")], columns=["id", "sire", "dam"])

    def made(rows: int) -> Equations:
        table = Table.of_frame(pd.DataFrame({
            "id": list("abcdeab"), "y": [1.0, 2, 4, 3, 5, 2, 1]}), "records")
        pedigree = build_pedigree(
            Table.of_frame(people[:rows], "pedigree"),
            PedigreeReading(groups=("G1", "G2")), findings=Findings())
        return prepare(Inputs(table, pedigree), Model.model_validate({
            "traits": "y", "random": [
                {"name": "animal", "column": "id", "relationship": "pedigree"}]}), {},
            lambda design: given_variances(design, {"animal": 1, "residual": 2}))

    old, new = solved(made(5)), made(6)
    table = solutions_table(old)
    value = dict(zip(table["level"], table["estimate"], strict=True))
    start = start_from(new, table)
    spread = np.zeros(new.layout.size)
    spread[new.number >= 0] = start.unknowns
    term = new.design.random[0]
    row = new.layout.random_offsets[0] + int(term.levels.codes(["f"])[0])
    known = new.layout.random_offsets[0] + int(term.levels.codes(["d"])[0])
    factor = spread[known] / value["d"]
    assert spread[row] / factor == pytest.approx(0.5 * (value["G1"] + value["d"]))
