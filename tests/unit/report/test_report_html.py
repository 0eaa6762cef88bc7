"""The page as a whole: complete, alone, safe, small."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report import render, render_pedigree
from tests.unit.report.fake_evaluation import (
    PROVENANCE,
    animal_model,
    direct_maternal,
    iterated,
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.words.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return render(animal_model(1300), PROVENANCE, ["14:02:31 read records.csv", "14:02:35 done"])


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_says_what_was_run_on_what_and_when(page: Page) -> None:
    assert ("Breeding values for weight of 1,300 individuals from 2,600 records, computed on "
            "12 November 2026, 14:02 UTC.") in page.text
    for words in ("0.42", "heritability", "mean reliability", "2 warnings",
                  "sparse Cholesky factorisation", "9f" * 32, "read records.csv",
                  "breedeval run weight.yaml", "Founders (both parents unknown)", "reference",
                  "80 levels", "year:season 2017:winter = intercept", "given with the run"):
        assert words in page.text, words


def test_needs_nothing_from_outside(html: str, page: Page) -> None:
    addresses = set(re.findall(r"https?://[^\"' )<]+", html))
    assert addresses <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert not [attributes for tag, attributes in page.tags
                if tag in ("script", "img", "iframe") and "src" in attributes]


def test_identifiers_are_unique_and_links_arrive(page: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert [name for name, times in ids.items() if times > 1] == []
    targets = {attributes.get("href") or attributes.get("xlink:href") or ""
               for _, attributes in page.tags}
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)


def test_every_picture_has_a_text_and_a_caption(page: Page) -> None:
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 4
    assert all(len(str(drawing["aria-label"])) > 60 for drawing in drawings)
    assert sum(tag == "figcaption" for tag, _ in page.tags) == 4


def test_is_small_and_repeatable(html: str) -> None:
    assert len(html.encode()) < 400_000
    assert html == render(animal_model(1300), PROVENANCE,
                          ["14:02:31 read records.csv", "14:02:35 done"])


def test_words_from_outside_cannot_become_markup() -> None:
    evaluation = replace(animal_model(60), title="<script>alert(1)</script>")
    evaluation = replace(evaluation, summary={**evaluation.summary, "warnings": ["<b>&</b>"]})
    html = render(evaluation, {"command": "<i>"}, ["</pre><img src=x>"])
    assert "<script>alert" not in html
    assert "<b>&</b>" not in html
    assert "<img" not in html
    assert "<i>" not in html


def test_several_breeding_values_have_their_own_pictures() -> None:
    page = Page(render(direct_maternal(300), PROVENANCE))
    groups = [attributes for tag, attributes in page.tags
              if tag == "details" and attributes.get("class") == "group"]
    assert len(groups) == 2
    assert sum(tag == "figure" for tag, _ in page.tags) == 7
    assert "direct with maternal" in page.text or "maternal with direct" in page.text


@pytest.mark.parametrize(("engine", "reliability", "words"), [
    ("conjugate gradients", "exact", "solved by iteration"),
    ("CHOLMOD", "none", "not asked for"), ("CHOLMOD", "exact", "were not computed")])
def test_missing_reliability_is_explained(engine: str, reliability: str, words: str) -> None:
    evaluation = iterated(60)
    settings = {**evaluation.settings, "solve": {"reliability": reliability}}
    evaluation = replace(evaluation, settings=settings,
                         summary={**evaluation.summary, "engine": engine})
    assert words in Page(render(evaluation, PROVENANCE)).text


def test_not_converged_comes_first() -> None:
    evaluation = iterated(60)
    summary = {**evaluation.summary, "converged": False, "status": "not converged"}
    page = Page(render(replace(evaluation, summary=summary), PROVENANCE))
    assert page.text.index("did not converge") < page.text.index("Data and pedigree")


def test_unknown_parent_groups_change_the_base() -> None:
    evaluation = animal_model(60)
    pedigree = {**evaluation.summary["pedigree"], "groups": ["G1", "G2"]}
    summary = {**evaluation.summary, "pedigree": pedigree}
    text = Page(render(replace(evaluation, summary=summary), PROVENANCE)).text
    assert "unknown-parent groups share" in text


def bare(evaluation: Evaluation) -> Evaluation:
    """The least that an evaluation can hold."""
    return Evaluation(
        title="", settings={}, breeding_values=evaluation.breeding_values.head(0),
        solutions=evaluation.solutions.head(0), variances=evaluation.variances.head(0),
        genetic_parameters=evaluation.genetic_parameters.head(0),
        individuals=pd.DataFrame({"individual": pd.Series([], dtype="str")}), summary={})


def test_what_is_not_there_is_left_out() -> None:
    page = Page(render(bare(animal_model(60)), {}))
    assert "Genetic evaluation" in page.text
    assert not any(tag in ("figure", "math") for tag, _ in page.tags)


def test_years_may_be_unknown() -> None:
    evaluation = animal_model(300)
    individuals = evaluation.individuals.assign(birth_year=np.nan)
    text = Page(render(replace(evaluation, individuals=individuals), PROVENANCE)).text
    assert "by generation" in text


def test_pedigree_page() -> None:
    generation = np.arange(6)
    frames = {
        "inbreeding_by_generation": pd.DataFrame({
            "generation": generation, "individuals": 10 * (generation + 1),
            "mean_inbreeding": 0.01 * generation, "max_inbreeding": 0.05 * generation}),
        "completeness": pd.DataFrame({"generation_back": [1, 2, 3],
                                      "percent_known": [97.0, 71.0, 12.5]}),
        "family_sizes": pd.DataFrame({"family": ["sire", "sire", "dam"], "size": [2, 40, 1],
                                      "families": [3, 1, 9]}),
        "contributors": pd.DataFrame({"individual": ["B<7>"], "contribution": [0.0812]}),
        "more_things": pd.DataFrame({"what": ["x"], "how_many": [3]}),
    }
    page = Page(render_pedigree("herd.csv", [("Individuals", "210")], frames, ["line 3: odd"]))
    assert sum(tag == "figure" for tag, _ in page.tags) == 3
    for words in ("herd.csv", "B<7>", "largest family has 40 members", "8.12 %", "More things",
                  "line 3: odd", "up to 2 generations", "highest of all is 25.00 %"):
        assert words in page.text, words
    assert Page(render_pedigree("empty", [], {})).text
