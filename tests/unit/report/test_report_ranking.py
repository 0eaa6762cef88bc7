"""The data behind the interactive table say what the evaluation says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report import ranking as module
from breedeval.report.ranking import Ranking, ranking_of
from breedeval.report.views import attributes_of, views_of
from tests.unit.report.fake_evaluation import animal_model, direct_maternal, iterated
from tests.unit.report.unpacking import unpack_integers, unpack_numbers, unpack_text


def rank(evaluation: Evaluation) -> tuple[Ranking, dict[str, Any]]:
    found = ranking_of(views_of(evaluation), attributes_of(evaluation))
    assert found is not None
    return found, json.loads(found.payload)


def columns(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in entries}


def named(payload: dict[str, Any], key: str) -> list[str | None]:
    names = unpack_text(payload["names"])
    return [names[code] if code >= 0 else None
            for code in unpack_integers(columns(payload["columns"])[key])]


def test_values_survive() -> None:
    evaluation = animal_model(200)
    _, payload = rank(evaluation)
    table = evaluation.breeding_values.set_index("individual").loc[named(payload, "individual")]
    packed = columns(payload["views"][0]["columns"])
    assert packed["accuracy"]["root"] == "reliability"
    for key in ("breeding_value", "se", "reliability", "inbreeding", "records"):
        assert packed[key]["places"] >= 4 or key == "records"
        half = 0.501 * 10.0 ** -packed[key]["places"]
        np.testing.assert_allclose(unpack_numbers(packed[key]), table[key], rtol=0, atol=half)


def test_parents_and_carried_columns_survive() -> None:
    evaluation = animal_model(200)
    _, payload = rank(evaluation)
    known = evaluation.individuals.set_index("individual").loc[named(payload, "individual")]
    for parent in ("sire", "dam"):
        expected = [None if pd.isna(name) else name for name in known[parent]]
        assert named(payload, parent) == expected
    packed = columns(payload["columns"])
    assert list(packed) == ["individual", "sex", "birth_year", "generation", "sire", "dam",
                            "herd", "line"]
    herds = unpack_text(packed["herd"]["labels"])
    assert herds == sorted(herds, key=lambda herd: int(herd.removeprefix("Herd ")))
    assert [herds[k] for k in unpack_integers(packed["herd"])] == known["herd"].to_list()
    assert (unpack_numbers(packed["birth_year"]) == np.floor(known["birth_year"])).all()


def test_every_component_is_a_view() -> None:
    _, payload = rank(direct_maternal(60))
    assert [view["label"] for view in payload["views"]] == ["weight · direct", "weight · maternal"]


def test_what_views_share_is_not_repeated() -> None:
    evaluation = direct_maternal(60)
    table = evaluation.breeding_values.assign(records=1)
    _, payload = rank(replace(evaluation, breeding_values=table))
    second = columns(payload["views"][1]["columns"])
    assert second["inbreeding"] == {"key": "inbreeding", "as_first": True}
    assert second["records"] == {"key": "records", "as_first": True}
    assert "data" in second["breeding_value"]
    assert second["accuracy"]["root"] == "reliability"


def test_accuracies_of_another_kind_are_kept() -> None:
    evaluation = animal_model(60)
    table = evaluation.breeding_values.assign(accuracy=0.5)
    _, payload = rank(replace(evaluation, breeding_values=table))
    packed = columns(payload["views"][0]["columns"])["accuracy"]
    np.testing.assert_allclose(unpack_numbers(packed), 0.5)


def test_columns_without_values_are_left_out() -> None:
    found, payload = rank(iterated(60))
    assert [column["key"] for column in payload["views"][0]["columns"]] == [
        "breeding_value", "inbreeding", "records"]
    assert "Reliability" not in found.head


def test_first_rows_are_the_highest() -> None:
    evaluation = animal_model(200)
    found, _ = rank(evaluation)
    best = evaluation.breeding_values.nlargest(25, "breeding_value")["individual"]
    assert [row[1] for row in found.rows] == best.to_list()


def test_a_huge_evaluation_keeps_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE", 100)
    monkeypatch.setattr(module, "KEPT", 40)
    evaluation = animal_model(200)
    found, payload = rank(evaluation)
    assert (found.individuals, found.shown, found.is_part) == (200, 40, True)
    ordered = evaluation.breeding_values.sort_values("breeding_value")["individual"].to_list()
    assert set(named(payload, "individual")) == {*ordered[:20], *ordered[-20:]}


def test_identifiers_stay_text_and_cannot_break_the_page() -> None:
    evaluation = animal_model(60)
    individuals = evaluation.individuals.assign(
        individual=["0123", "NO", "</script><b>", *evaluation.individuals["individual"][3:]])
    values = evaluation.breeding_values.assign(individual=individuals["individual"])
    odd = replace(evaluation, individuals=individuals.rename(columns={"herd": "<herd>"}),
                  breeding_values=values)
    found, payload = rank(odd)
    assert {"0123", "NO", "</script><b>"} <= set(named(payload, "individual"))
    assert "<" not in found.payload
    assert "<herd>" in columns(payload["columns"])


def test_without_a_pedigree_only_values_are_ranked() -> None:
    evaluation = animal_model(60)
    none = replace(evaluation, individuals=pd.DataFrame({"individual": pd.Series([], dtype="str")}))
    _, payload = rank(none)
    assert list(columns(payload["columns"])) == ["individual"]


def test_nothing_to_rank() -> None:
    evaluation = animal_model(60)
    none = replace(evaluation, breeding_values=evaluation.breeding_values.head(0))
    assert ranking_of(views_of(none), attributes_of(none)) is None


@pytest.mark.parametrize(("cells", "kind"), [
    (["1", "2", "10"], "text"), (["1.5", "2", "10"], "number"), (["a", "1.5", "2"], "text"),
    ([1.0, 2.0, 3.0], "number"), ([True, False, True], "text")])
def test_whole_numbers_of_the_file_may_be_labels(cells: list[Any], kind: str) -> None:
    evaluation = animal_model(60)
    carried = evaluation.individuals.assign(extra=cells * 20)
    _, payload = rank(replace(evaluation, individuals=carried))
    assert columns(payload["columns"])["extra"]["kind"] == kind
