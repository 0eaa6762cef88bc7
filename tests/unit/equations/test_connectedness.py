"""Which levels can be compared."""

from __future__ import annotations

from breedeval.equations.connectedness import disconnected_sets
from breedeval.errors import Findings
from breedeval.model.build import build_design
from breedeval.model.spec import Model
from breedeval.records import Table
from tests.unit.model.made import table_of


def sets_of(table: Table, *fixed: object) -> list[str]:
    model = Model.model_validate({"traits": ["y"], "fixed": list(fixed)})
    return [str(pair) for pair in disconnected_sets(build_design(model, table, {}, Findings()))]


def test_connected_levels_are_not_mentioned() -> None:
    table = table_of(y="1 2 3 4", herd="a a b b", year="1 2 2 3")
    assert sets_of(table, "herd", "year") == []


def test_sets_without_a_record_in_common_are_named() -> None:
    table = table_of(y="1 2 3 4", herd="a a b b", year="1 2 3 4")
    assert sets_of(table, "herd", "year") == [
        "'herd' and 'year' fall into 2 disconnected sets: {herd a with year 1, 2}; "
        "{herd b with year 3, 4}"]


def test_a_chain_of_records_connects() -> None:
    table = table_of(y="1 2 3 4 5", herd="a b b c c", year="1 1 2 2 3")
    assert sets_of(table, "herd", "year") == []


def test_many_sets_and_levels_are_counted() -> None:
    names = [f"h{k}" for k in range(12)]
    table = table_of(y=" ".join("1" for _ in names), herd=" ".join(names),
                     year=" ".join(["1"] * 6 + ["2", "3", "4", "5", "6", "7"]))
    assert sets_of(table, "herd", "year") == [
        "'herd' and 'year' fall into 7 disconnected sets: {herd h0, h1, h2, h3, … (6) with "
        "year 1}; {herd h6 with year 2}; {herd h7 with year 3}; and 4 more"]


def test_interactions_are_not_compared_with_their_own_factors() -> None:
    table = table_of(y="1 2 3 4", herd="a a b b", year="1 2 1 2")
    assert sets_of(table, "herd", "herd:year") == []
    assert len(sets_of(table, "herd", "year")) == 0


def test_regressions_and_effects_of_one_level_take_no_part() -> None:
    table = table_of(y="1 2 3 4", herd="a a b b", farm="f f f f", x="1 2 3 4")
    assert sets_of(table, "herd", "farm", {"covariate": "x", "within": "farm"}) == []
