"""What more records would do, against evaluations that have them."""

from __future__ import annotations

import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.outlook import Knowledge, outlook


def reliability(records: int, progeny: int, permanent: float = 0.0) -> float:
    """Of a sire with so many own records, and progeny of unknown dams with one each."""
    names = [f"c{k}" for k in range(progeny)]
    pedigree = pd.DataFrame({"id": ["s", *names], "sire": ["", *["s"] * progeny], "dam": ""})
    data = pd.DataFrame({"id": ["s"] * records + names, "y": 1.0})
    random = [{"name": "animal", "column": "id", "relationship": "pedigree"}]
    variances = {"animal": 3.0, "residual": 7.0 - permanent}
    if permanent:
        random.append({"name": "permanent", "column": "id", "relationship": "identity"})
        variances["permanent"] = permanent
    found = breedeval.evaluate(data, pedigree=pedigree, variances=variances, model={
        "traits": ["y"], "intercept": False, "random": random})
    return float(found.breeding_values.set_index("individual")["reliability"]["s"])


@pytest.mark.parametrize(("records", "progeny", "permanent"), [
    (1, 0, 0.0), (3, 2, 0.0), (1, 0, 2.0), (4, 0, 2.0)])
def test_a_further_record_and_further_progeny(
    records: int, progeny: int, permanent: float
) -> None:
    now = reliability(records, progeny, permanent)
    found = outlook(Knowledge(now, 1.0, 0.3, (3.0 + permanent) / 10.0, records))
    assert found is not None
    by_name = {change.what: change.reliability for change in found.changes}
    assert by_name["one more record of its own"] == pytest.approx(
        reliability(records + 1, progeny, permanent), abs=1e-10)
    assert by_name["10 more progeny with a record each"] == pytest.approx(
        reliability(records, progeny + 10, permanent), abs=1e-10)


def test_contributions_count_own_records() -> None:
    for records in (1, 5):
        found = outlook(Knowledge(reliability(records, 0), 1.0, 0.3, 0.3, records))
        assert found is not None
        assert found.record_contributions == pytest.approx(records, abs=1e-10)


def test_progeny_for_an_aim_are_just_enough() -> None:
    known = Knowledge(0.2, 1.1, 0.3, 0.5, 1)
    for aim in (0.5, 0.7, 0.9):
        count = known.progeny_for(aim)
        assert known.with_more(count * known.of_progeny) >= aim
        assert known.with_more((count - 1) * known.of_progeny) < aim


def test_a_sex_without_records_has_none_to_add() -> None:
    found = outlook(Knowledge(0.2, 1.0, 0.3, 0.3, 0, can_record=False))
    assert found is not None
    assert not [change for change in found.changes if change.records]


@pytest.mark.parametrize("known", [
    Knowledge(1.0, 1.0, 0.3, 0.3, 1), Knowledge(0.5, 1.0, 1.0, 1.0, 1),
    Knowledge(0.0, 1.0, 0.0, 0.0, 0)])
def test_nothing_to_tell(known: Knowledge) -> None:
    assert outlook(known) is None
