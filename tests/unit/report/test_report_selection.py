"""The page says of a selection what its tables say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report import candidates as module
from breedeval.report import render, render_pages
from breedeval.report.candidates import candidates_of
from breedeval.report.contribution_section import contribution_section
from breedeval.report.individual_pages import page_names
from breedeval.report.mating_section import mating_section
from breedeval.report.selection_section import selection_section
from breedeval.report.trend_section import trend_section
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model
from tests.unit.report.fake_selection import selection
from tests.unit.report.unpacking import unpack_integers, unpack_numbers, unpack_text


@pytest.fixture(scope="module")
def run() -> Evaluation:
    return selection()


def payload_of(evaluation: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(candidates_of(evaluation).payload)
    return found


def test_values_and_names_survive(run: Evaluation) -> None:
    payload, table = payload_of(run), run.decisions["selection"]
    columns = {one["key"]: one for one in payload["columns"]}
    names = unpack_text(payload["names"])
    assert [names[k] for k in unpack_integers(columns["individual"])] == list(table["individual"])
    for name in ("index", "milk", "fat"):
        np.testing.assert_allclose(unpack_numbers(columns[name]), table[name], atol=1e-7)
    assert unpack_integers(payload["selected"]) == list(np.flatnonzero(table["selected"]))
    np.testing.assert_allclose(unpack_numbers(payload["shares"]), table["contribution"], atol=1e-8)
    assert list(columns) == ["individual", "index", "milk", "fat", "reliability", "inbreeding",
                             "records", "sex", "birth_year", "herd", "sire", "dam"]
    assert [one["weights"] for one in payload["sets"]] == [[0.4, 1.0], [1.0, 0.0]]


def test_weights_for_a_standard_deviation(run: Evaluation) -> None:
    settings = {**run.settings, "selection": {"index": {
        "weights": {"milk": 0.8, "fat": 1.0}, "standardise": True}}}
    payload = payload_of(replace(run, settings=settings))
    assert payload["per_deviation"]
    assert [one["unit"] for one in payload["criteria"]] == [2.0, 1.0]
    assert payload["sets"][0]["weights"] == [0.8, 1.0]


def test_an_index_of_phenotypes_has_no_sliders(run: Evaluation) -> None:
    settings = {**run.settings, "selection": {"index": {"smith_hazel": {"milk": 1, "fat": 1}}}}
    assert not payload_of(replace(run, settings=settings))["movable"]
    page = render(replace(run, settings=settings), PROVENANCE)
    assert "computed from phenotypes" in page
    assert "own records of each trait" in page
    assert "each breeding value in the unit" not in page
    assert 'id="selection-weights"' not in page


def test_the_best_and_the_selected_of_many(run: Evaluation, monkeypatch: pytest.MonkeyPatch
                                           ) -> None:
    monkeypatch.setattr(module, "KEPT", 5)
    table = run.decisions["selection"]
    kept = table[(table["rank"] <= 5) | table["selected"]]
    found, payload = candidates_of(run), payload_of(run)
    assert (found.candidates, found.shown, found.is_part) == (300, len(kept), True)
    assert unpack_integers(payload["ranks"]) == list(kept["rank"])
    rows = run.coancestry["arrays"]["rows"][kept["rank"] - 1]
    assert unpack_integers(payload["coancestry"]["rows"]) == list(rows)


def test_lines_are_not_told_of_sexes(run: Evaluation) -> None:
    assert "Means are of both sexes alike" in render(run, PROVENANCE)
    facts = {**run.summary["selection"], "selected": {"all": 16}}
    page = render(replace(run, summary={**run.summary, "selection": facts}), PROVENANCE)
    assert "both sexes" not in page
    assert "the two sexes" not in page


def test_whether_use_differs(run: Evaluation) -> None:
    assert not payload_of(run)["unequal"]
    assert payload_of(selection(unequal=True))["unequal"]


def test_responses_in_words_and_numbers(run: Evaluation) -> None:
    found = selection_section(run)["selection"]
    assert "12 females and 4 males" in found["lead"]
    assert found["index"][0].count("0.4 × milk + 1 × fat") == 1
    assert found["left_out"] == [("Not birth_year >= 2008", "300")]
    own = run.decisions["index"].iloc[0]
    assert found["responses"].rows[0][0] == "milk"
    assert found["responses"].rows[0][5] == f"+{own['response']:.2f}"
    assert [row[0] for row in found["alternatives"].rows] == ["this run", "only milk"]
    assert found["strength"].rows[1][:3] == ["Males", str((run.decisions["selection"][
        "sex"] == "male").sum()), "4"]
    assert dict(found["figures"])["Generation interval"] == "4.7 years"


def test_how_coancestry_is_known(run: Evaluation) -> None:
    assert "exact, from the pedigree" in selection_section(run)["selection"]["coancestry"]
    parts = {"kind": "components", "arrays": {"factor": np.zeros((300, 40))}, "error": 0.00012}
    wide = {**parts, "arrays": {**parts["arrays"], "own": np.zeros(300), "diagonal": np.ones(300)}}
    text = selection_section(replace(run, coancestry=wide))["selection"]["coancestry"]
    assert "40 components" in text
    assert "± 0.0001" in text
    assert selection_section(replace(run, coancestry={}))["selection"]["coancestry"] == ""


def test_trends_say_their_base(run: Evaluation) -> None:
    found = trend_section(run)["trends"]
    assert "birth_year == 2000" in found["lead"]
    assert "100 ± 12" in found["lead"]
    assert [drawn.title for drawn in found["pictures"]] == [
        "Genetic trend of milk", "Genetic trend of fat"]
    assert "female: from" in found["pictures"][0].caption
    intervals, so_far = found["sheets"]
    assert len(intervals.rows) == 7
    assert so_far.rows[0] == ["milk", *["0.310"] * 4]


@pytest.mark.parametrize(("gap", "told"), [(0.0, False), (3e-16, False), (0.012, True)])
def test_a_plan_that_is_the_best_but_for_rounding_has_no_gap(
    run: Evaluation, gap: float, told: bool
) -> None:
    summary = {**run.summary, "mating": {**run.summary["mating"], "gap": gap}}
    found = mating_section(replace(run, summary=summary))["matings"]
    assert ("Farther from the best plan than" in dict(found["facts"])) is told


def test_matings_by_male_herd_and_female(run: Evaluation) -> None:
    found = mating_section(run)["matings"]
    table = run.decisions["matings"]
    assert [key for key, *_ in found["ways"]] == ["male", "herd", "female"]
    males = found["ways"][0][2]
    assert [group.name for group in males] == [f"Male {name}" for name in table["male"].unique()]
    assert sum(len(group.sheet.rows) for group in males) == len(table)
    herds = [group.name for group in found["ways"][1][2]]
    assert herds == sorted(table["herd"].unique(), key=lambda herd: int(herd[5:]))
    assert "0.50 %" in found["lead"]
    assert ("Pairs left out: above 0.0625", "3") in found["facts"]


def test_a_herd_is_found_among_what_is_known(run: Evaluation) -> None:
    table = run.decisions["matings"]
    bare = replace(run, decisions={**run.decisions, "matings": table.drop(columns="herd")})
    herds = mating_section(bare)["matings"]["ways"][1][2]
    assert {group.name for group in herds} == set(table["herd"])


def test_contributions_and_their_frontier() -> None:
    run = selection(unequal=True)
    found = contribution_section(run)["contributions"]
    assert found["lead"].startswith("12 females and 4 males are used")
    assert "at most 0.0500" in found["lead"]
    assert "0.1 higher and a mean coancestry of 0.0800" in found["lead"]
    assert ("Effective population size", "18") in found["facts"]
    table = run.decisions["contributions"]
    assert [row[0] for row in found["table"].rows] == list(table["individual"])
    assert found["table"].rows[0][-1] == "at its maximum"
    assert [row[-1] for row in found["frontier"].rows].index("this run") == 3
    assert "Diamond: this run" in found["picture"].caption


def test_pages_of_sires() -> None:
    run = selection(unequal=True)
    pages = dict(render_pages(run, PROVENANCE))
    table = run.decisions["selection"]
    sires = table[table["selected"] & (table["sex"] == "male")]
    assert [file.split("_")[1] for file in pages] == [
        f"{name}.html" for name in sires["individual"]]
    people = run.individuals.set_index("individual")
    for name, page in zip(sires["individual"], pages.values(), strict=True):
        known = people.loc[name]
        assert f"by {known['sire']} out of {known['dam']}" in page
        grand = people.loc[known["sire"], "dam"]
        assert (f"<b>{grand}</b>" in page) == isinstance(grand, str)
        progeny = (people["sire"] == name).sum()
        assert f"<dt>Progeny</dt><dd>{progeny}</dd>" in page or progeny == 0
    own = run.breeding_values.set_index(["trait", "individual"])
    value = own.loc[("milk", sires["individual"].iloc[0]), "breeding_value"]
    assert f"+{value:.2f}".removeprefix("+" if value < 0 else "") in next(iter(pages.values()))


def test_the_trend_on_a_page_stands_on_the_base_of_its_bars() -> None:
    run = selection()
    values = run.breeding_values.assign(relative=run.breeding_values["breeding_value"] - 1.0)
    moved = dict(render_pages(replace(run, breeding_values=values), PROVENANCE))
    for file, page in render_pages(run, PROVENANCE):
        told, of_base = (re.findall(r"aria-label=\"Mean breeding value from (\S+) .* to (\S+) .*: "
                                    r"(\S+) ", text) for text in (page, moved[file]))
        shown = [[float(text.replace("−", "-")) for text in texts[0]] for texts in (told, of_base)]
        np.testing.assert_allclose(np.subtract(*shown), 1.0, atol=0.011)


def test_links_to_pages_where_they_are_written(run: Evaluation) -> None:
    assert 'href="pages/' not in render(run, PROVENANCE)
    with_pages = replace(run, settings={**run.settings, "output": {"pages": True}})
    page = render(with_pages, PROVENANCE)
    assert all(f'href="pages/{file}"' in page for file in page_names(run).values())


def test_odd_names_make_plain_files(run: Evaluation) -> None:
    table = run.decisions["selection"].copy()
    at = table.index[table["selected"] & (table["sex"] == "male")][0]
    table.loc[at, "individual"] = "../a b<c>"
    odd = replace(run, decisions={**run.decisions, "selection": table})
    assert next(iter(page_names(odd).values())) == f"{table.loc[at, 'rank']:04d}_.._a_b_c_.html"


def test_nothing_is_shown_of_what_was_not_decided() -> None:
    page = render(animal_model(60), PROVENANCE)
    for part in ("selection", "contributions", "matings", "trends"):
        assert f'id="{part}"' not in page
