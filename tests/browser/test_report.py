"""The report in a browser: it opens without a network, sorts, filters, searches and saves."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report import render, render_pedigree
from tests.unit.report.fake_estimation import regression, two_traits
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model, direct_maternal

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
Open = Callable[..., "playwright.Page"]


@pytest.fixture(scope="module")
def small() -> Evaluation:
    return animal_model(1300)


@pytest.fixture(scope="module")
def html(small: Evaluation) -> str:
    return render(small, PROVENANCE)


def status(page: playwright.Page) -> str:
    return str(page.text_content("#ranking-status"))


def cells(page: playwright.Page, key: str) -> list[str]:
    return [str(text) for text in page.eval_on_selector_all(
        f'tbody [data-key="{key}"]', "all => all.map(one => one.textContent)")]


def names(page: playwright.Page) -> list[str]:
    return [str(text) for text in page.eval_on_selector_all(
        ".ranked tbody th", "all => all.map(one => one.textContent)")]


def sort(page: playwright.Page, key: str) -> None:
    page.click(f'.ranked thead th[data-key="{key}"] button')


def test_starts_with_the_highest(show: Open, small: Evaluation, html: str) -> None:
    page = show(html)
    table = small.breeding_values.sort_values("breeding_value", ascending=False)
    assert names(page) == table["individual"].head(50).to_list()
    assert status(page) == "1,300 individuals"
    assert cells(page, "breeding_value")[0] == f"{table['breeding_value'].iloc[0]:.2f}"


def test_sorts_on_every_column_both_ways(show: Open, small: Evaluation, html: str) -> None:
    page = show(html)
    table = small.individuals.merge(small.breeding_values.drop(columns="inbreeding"))
    table["sex"] = table["sex"].map({1: "male", 2: "female"})
    table["birth_year"] = np.floor(table["birth_year"])
    table["herd"] = table["herd"].str.removeprefix("Herd ").astype(int)
    table["se"], table["breeding_value"] = table["se"].round(4), table["breeding_value"].round(5)
    keys = [str(key) for key in page.eval_on_selector_all(
        ".ranked thead th[data-key]", "all => all.map(one => one.dataset.key)")]
    assert len(keys) == 14
    for key in keys:
        seen = []
        for _ in range(2):
            sort(page, key)
            seen.append(page.get_attribute(f'.ranked thead th[data-key="{key}"]', "aria-sort"))
            shown = table.set_index("individual", drop=False).loc[names(page), key].dropna()
            assert (shown.is_monotonic_increasing if seen[-1] == "ascending"
                    else shown.is_monotonic_decreasing), key
        assert sorted(map(str, seen)) == ["ascending", "descending"]


def test_filters_and_counts(show: Open, small: Evaluation, html: str) -> None:
    page = show(html)
    page.select_option('[data-filter="sex"]', label="female")
    page.fill('[data-filter="birth_year-from"]', "2005")
    page.fill('[data-filter="birth_year-to"]', "2010")
    page.fill('[data-filter="reliability-from"]', "0.4")
    table = small.individuals.merge(small.breeding_values.drop(columns="inbreeding"))
    year = np.floor(table["birth_year"])
    wanted = table[(table["sex"] == 2) & year.between(2005, 2010) & (table["reliability"] >= 0.4)]
    expect(page.locator("#ranking-status")).to_have_text(f"{len(wanted)} of 1,300 individuals")
    assert set(cells(page, "sex")) == {"female"}
    assert set(cells(page, "birth_year")) <= {str(k) for k in range(2005, 2011)}
    page.click("#ranking-clear")
    assert status(page) == "1,300 individuals"
    assert page.input_value('[data-filter="birth_year-from"]') == ""


def test_searches_and_follows_parents(show: Open, html: str) -> None:
    page = show(html)
    page.fill('[data-filter="search"]', "de0123")
    expect(page.locator(".ranked tbody th")).to_have_count(1)
    assert names(page) == ["DE0123"]
    page.fill('[data-filter="search"]', "nobody")
    page.wait_for_selector(".nobody")
    page.click("#ranking-clear")
    parent = page.text_content(".ranked tbody td button")
    page.click(".ranked tbody td button")
    assert names(page) == [parent]


def test_saves_what_is_shown(show: Open, small: Evaluation, html: str) -> None:
    page = show(html)
    page.select_option('[data-filter="herd"]', label="Herd 7")
    expect(page.locator("#ranking-status")).to_contain_text(" of ")
    with page.expect_download() as download:
        page.click("#ranking-save")
    with Path(download.value.path()).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    table = small.individuals.drop(columns="inbreeding").merge(small.breeding_values)
    wanted = table[table["herd"] == "Herd 7"].sort_values("breeding_value", ascending=False)
    assert [row["individual"] for row in rows] == wanted["individual"].to_list()
    for key in ("breeding_value", "se", "reliability", "accuracy", "inbreeding"):
        np.testing.assert_allclose([float(row[key]) for row in rows], wanted[key], atol=1e-4)
    assert {row["trait"] for row in rows} == {"weight"}


def test_changes_the_breeding_value_shown(show: Open) -> None:
    evaluation = direct_maternal(300)
    page = show(render(evaluation, PROVENANCE))
    page.select_option("#ranking-view", label="weight · maternal")
    table = evaluation.breeding_values
    maternal = table[table["component"] == "maternal"].sort_values(
        "breeding_value", ascending=False)
    expect(page.locator(".ranked tbody th").first).to_have_text(maternal["individual"].iloc[0])
    assert names(page) == maternal["individual"].head(50).to_list()
    first = maternal.head(50)
    assert cells(page, "accuracy") == [f"{value:.2f}" for value in first["accuracy"]]
    assert cells(page, "inbreeding") == [f"{100 * value:.2f} %" for value in first["inbreeding"]]


def test_works_by_keyboard(show: Open, html: str) -> None:
    page = show(html)
    page.focus('.ranked thead th[data-key="reliability"] button')
    page.keyboard.press("Enter")
    assert page.get_attribute('.ranked thead th[data-key="reliability"]', "aria-sort")
    assert page.evaluate("document.activeElement.closest('th').dataset.key") == "reliability"
    page.focus(".pager button:has-text('Next')")
    page.keyboard.press("Space")
    assert page.input_value('.pager input[type="number"]') == "2"
    assert page.evaluate("document.activeElement.textContent") == "Next"


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_wider_than_its_window(show: Open, width: int) -> None:
    page = show(render(direct_maternal(300), PROVENANCE), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    back = pd.DataFrame({"generation_back": [1, 2], "percent_known": [90.0, 40.0]})
    page = show(render_pedigree("herd.csv", [("Individuals", "2")], {"completeness": back}),
                width=width, wait="figure svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("make", [two_traits, regression])
def test_estimates_and_residuals_fit_the_window(
    show: Open, make: Callable[[], Evaluation], width: int
) -> None:
    page = show(render(make(), PROVENANCE), width=width)
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shades = page.eval_on_selector_all(
        ".grid .plus, .grid .minus", "all => all.map(one => getComputedStyle(one).background)")
    assert len(set(shades)) > 1


def test_stronger_correlations_are_darker(show: Open) -> None:
    page = show(render(regression(), PROVENANCE))
    colours = page.eval_on_selector_all(".grids:last-of-type .grid tr:nth-child(1) .plus", """
        all => all.map(one => getComputedStyle(one).backgroundColor.match(/[\\d.]+/g)
                              .slice(0, 3).map(Number).reduce((a, b) => a + b))""")
    assert len(colours) >= 3
    assert colours == sorted(colours)     # they weaken with the distance from the diagonal


def test_residual_dots_are_drawn(show: Open) -> None:
    page = show(render(two_traits(), PROVENANCE))
    dots = page.eval_on_selector_all("#residuals svg path[style*='stroke-linecap: round']", """
        all => all.map(one => one.getAttribute('d').split('M').length - 1)""")
    assert max(dots) == 600
    assert page.eval_on_selector("#residuals svg path[style*='stroke-linecap: round']",
                                 "one => one.isPointInStroke(one.getPointAtLength(0))")


def test_headings_stay_in_sight(show: Open, html: str) -> None:
    page = show(html)
    distance = """() => {
        const box = document.querySelector('.scroll.table');
        box.scrollTop = 600;
        return document.querySelector('.ranked thead th').getBoundingClientRect().top
             - box.getBoundingClientRect().top; }"""
    assert abs(page.evaluate(distance)) < 3


def test_without_scripts_the_first_are_there(browser: playwright.Browser, tmp_path: Path,
                                             html: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(".ranked tbody tr").count() == 25
    assert page.locator("#ranking-fallback").is_visible()
    context.close()


def test_prints_on_paper(show: Open, html: str) -> None:
    page = show(html, width=703)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert not page.locator(".tools").first.is_visible()
    assert page.locator(".paper").is_visible()


def test_a_hundred_thousand(show: Open) -> None:
    evaluation = animal_model(100_000)
    html = render(evaluation, PROVENANCE)
    assert len(html.encode()) < 4_000_000
    page = show(html)
    assert status(page) == "100,000 individuals"
    sort(page, "reliability")
    table = evaluation.breeding_values.set_index("individual")
    shown = table.loc[names(page), "reliability"].round(6)
    assert shown.is_monotonic_decreasing
    assert shown.iloc[0] == pytest.approx(table["reliability"].max(), abs=1e-5)
    page.fill('[data-filter="search"]', "DE077777")
    expect(page.locator(".ranked tbody th")).to_have_count(1)
    assert names(page) == ["DE077777"]
