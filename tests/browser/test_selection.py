"""Selection in a browser: weights rank anew, ticks make a list, and what is said of it is right."""

from __future__ import annotations

import csv
import io
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report import render, render_pages
from breedeval.report.individual_pages import page_names
from breedeval.selection import compact as module
from breedeval.selection.coancestry import Dense, FromPedigree, matrix_of
from breedeval.selection.compact import compact
from tests.unit.report.fake_evaluation import PROVENANCE
from tests.unit.report.fake_selection import selection

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
Open = Callable[..., "playwright.Page"]
READY = "#candidates[data-ready]"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def run() -> Evaluation:
    return selection()


@pytest.fixture(scope="module")
def html(run: Evaluation) -> str:
    return render(run, PROVENANCE)


@pytest.fixture
def page(show: Open, html: str) -> playwright.Page:
    return show(html, wait=READY)


def names(page: playwright.Page) -> list[str]:
    return [str(text) for text in page.eval_on_selector_all(
        "#candidates tbody th", "all => all.map(one => one.textContent)")]


def figure(page: playwright.Page, key: str, column: int = 3) -> str:
    """A cell of the summary: 1 all candidates, 2 the run, 3 the list, 4 the gain."""
    return str(page.text_content(
        f'#selection-list tr[data-figure="{key}"] :nth-child({column + 1})'))


def relationship(run: Evaluation) -> np.ndarray:
    """K among all candidates, n × n."""
    arrays = run.coancestry["arrays"]
    return np.asarray(matrix_of(FromPedigree(
        arrays["sire"], arrays["dam"], arrays["mendelian"], arrays["rows"],
        2 * arrays["diagonal"])))


def shares(table: pd.DataFrame, chosen: np.ndarray) -> np.ndarray:
    """Half from each sex, everybody alike."""
    found = np.zeros(len(table))
    for sex in ("female", "male"):
        own = chosen & (table["sex"] == sex).to_numpy()
        found[own] = 0.5 / max(own.sum(), 1)
    return found


def written(number: float, decimals: int) -> str:
    return f"{number:,.{decimals}f}".replace("-", "−")


def test_starts_as_the_run_has_it(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["selection"]
    assert names(page) == list(table["individual"].head(50))
    assert page.locator("#candidates tbody input:checked").count() == table["selected"].head(
        50).sum()
    assert page.text_content("#selection-count") == "16 on your list"
    assert (figure(page, "female"), figure(page, "male")) == ("12", "4")
    assert figure(page, "female", 1) == str((table["sex"] == "female").sum())
    gains = run.decisions["index"].set_index(["index", "criterion"])["response"]
    assert float(figure(page, "milk", 4)) == pytest.approx(gains["index", "milk"], abs=0.005)


def test_a_slider_changes_the_order(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["selection"]
    slider = page.locator('[data-weight="milk"]')
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    weight = float(slider.input_value())
    assert weight > 0.4
    wanted = table.assign(index=weight * table["milk"] + table["fat"]).sort_values(
        "index", ascending=False)
    expect(page.locator("#candidates tbody th").first).to_have_text(wanted["individual"].iloc[0])
    page.wait_for_timeout(60)
    assert names(page) == list(wanted["individual"].head(50))
    assert names(page) != list(table["individual"].head(50))
    assert page.input_value('[data-number="milk"]') == f"{weight:g}"
    mean = np.mean([wanted.loc[wanted["sex"] == sex, "index"].mean() for sex in ("female", "male")])
    assert float(figure(page, "index", 1).replace("−", "-")) == pytest.approx(mean, abs=0.005)
    page.click("#selection-reset")
    assert names(page) == list(table["individual"].head(50))


def test_a_slider_is_dragged(page: playwright.Page, run: Evaluation) -> None:
    slider = page.locator('[data-weight="fat"]')
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_timeout(60)
    weight = float(page.input_value('[data-weight="fat"]'))
    assert weight < 0
    table = run.decisions["selection"]
    wanted = table.assign(index=0.4 * table["milk"] + weight * table["fat"]).sort_values(
        "index", ascending=False)
    assert names(page) == list(wanted["individual"].head(50))


def test_a_weight_is_typed_and_one_of_others_is_taken(
    page: playwright.Page, run: Evaluation
) -> None:
    table = run.decisions["selection"]
    page.fill('[data-number="fat"]', "-7.5")
    page.wait_for_timeout(60)
    wanted = (0.4 * table["milk"] - 7.5 * table["fat"]).sort_values(ascending=False).index
    assert names(page) == list(table["individual"][wanted].head(50))
    page.select_option("#selection-set", label="only milk")
    best = table.sort_values("milk", ascending=False)["individual"]
    assert names(page) == list(best.head(50))
    assert page.input_value('[data-weight="fat"]') == "0"


def test_ticks_make_a_list_whose_coancestry_is_right(
    page: playwright.Page, run: Evaluation
) -> None:
    table, k = run.decisions["selection"], relationship(run)
    chosen = table["selected"].to_numpy().copy()
    c = shares(table, chosen)
    assert figure(page, "coancestry") == written(c @ k @ c, 4)
    assert figure(page, "coancestry", 2) == written(c @ k @ c, 4)
    everybody = shares(table, np.ones(len(table), bool))
    assert figure(page, "coancestry", 1) == written(everybody @ k @ everybody, 4)
    for row in (0, 3, 20, 33):
        chosen[row] = not chosen[row]
        page.click(f'[data-tick="{table["individual"].iloc[row]}"]')
        c = shares(table, chosen)
        females = 2 * c * (table["sex"] == "female").to_numpy()
        males = 2 * c * (table["sex"] == "male").to_numpy()
        assert figure(page, "coancestry") == written(c @ k @ c, 4)
        assert figure(page, "progeny") == written(100 * females @ k @ males, 2) + " %"
        assert figure(page, "unrelated") == written(0.5 / (c @ k @ c), 1)
        assert float(figure(page, "fat").replace("−", "-")) == pytest.approx(
            c @ table["fat"], abs=0.005)
        assert float(figure(page, "index").replace("−", "-")) == pytest.approx(
            c @ table["index"], abs=0.005)
    assert page.text_content("#selection-count") == f"{chosen.sum()} on your list"


@pytest.mark.parametrize("many", [False, True])
def test_coancestry_from_other_relationships(
    show: Open, run: Evaluation, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    k = relationship(run)
    if many:
        monkeypatch.setattr(module, "WHOLE", 100)
        monkeypatch.setattr(module, "RANK", 150)
    found = compact(Dense(k))
    page = show(render(replace(run, coancestry=vars(found)), PROVENANCE), wait=READY)
    c = shares(run.decisions["selection"], run.decisions["selection"]["selected"].to_numpy())
    said = float(figure(page, "coancestry"))
    assert said == pytest.approx(c @ k @ c, abs=0.00051 + found.error if many else 0.000051)


def test_the_best_nobody_and_the_run_again(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["selection"]
    page.fill('[data-best="female"]', "5")
    page.fill('[data-best="male"]', "2")
    page.click("#selection-best")
    page.check("#selection-only")
    wanted = pd.concat([table[table["sex"] == sex].head(count) for sex, count in (
        ("female", 5), ("male", 2))]).sort_index()
    assert names(page) == list(wanted["individual"])
    page.click("#selection-clear")
    assert page.text_content("#selection-count") == "0 on your list"
    assert page.locator("#candidates .nobody").count() == 1
    assert figure(page, "coancestry") == "–"
    page.click("#selection-run")
    assert names(page) == list(table["individual"][table["selected"]])


def test_use_as_in_the_run_or_alike(show: Open) -> None:
    run = selection(unequal=True)
    table, k = run.decisions["selection"], relationship(run)
    page = show(render(run, PROVENANCE), wait=READY)
    used = table["contribution"].to_numpy()
    assert figure(page, "coancestry") == written(used @ k @ used, 4)
    page.select_option("#selection-use", label="all alike")
    c = shares(table, table["selected"].to_numpy())
    assert figure(page, "coancestry") == written(c @ k @ c, 4)
    assert figure(page, "coancestry", 2) == written(used @ k @ used, 4)


def test_finds_sorts_and_looks_at_one_sex(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["selection"]
    page.select_option('[data-find="sex"]', label="male")
    assert page.text_content("#selection-status") == (
        f"{(table['sex'] == 'male').sum()} of 300 candidates")
    page.click('#candidates th[data-key="fat"] button')
    males = table[table["sex"] == "male"].sort_values("fat", ascending=False)
    assert names(page) == list(males["individual"].head(50))
    page.fill('[data-find="search"]', males["individual"].iloc[3])
    assert names(page) == [males["individual"].iloc[3]]


def saved(page: playwright.Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes()


def test_saves_lists(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["selection"]
    page.click(f'[data-tick="{table["individual"].iloc[2]}"]')
    chosen = table["selected"].to_numpy().copy()
    chosen[2] = not chosen[2]
    rows = list(csv.DictReader(io.StringIO(saved(page, "#selection-csv").decode())))
    assert [row["individual"] for row in rows] == list(table["individual"][chosen])
    np.testing.assert_allclose([float(row["index"]) for row in rows], table["index"][chosen],
                               atol=1e-7)
    rows = list(csv.DictReader(io.StringIO(saved(page, "#selection-all").decode())))
    assert [row["rank_in_run"] for row in rows] == [str(rank) for rank in table["rank"]]

    with zipfile.ZipFile(io.BytesIO(saved(page, "#selection-xlsx"))) as archive:
        assert archive.testzip() is None
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert [one.get("name") for one in book.iter(f"{MAIN}sheet")] == [
        "List", "What it means", "Weights"]
    cells = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]
    assert [row[cells[0].index("individual")] for row in cells[1:]] == list(
        table["individual"][chosen])


def test_works_by_keyboard(page: playwright.Page) -> None:
    page.focus("#candidates tbody input")
    before = page.text_content("#selection-count")
    page.keyboard.press("Space")
    assert page.text_content("#selection-count") != before
    assert page.evaluate("document.activeElement.dataset.tick")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.focus("#selection-best")
    page.keyboard.press("Enter")
    assert page.text_content("#selection-count") == before


@pytest.mark.parametrize("width", [390, 1280])
def test_no_wider_than_the_window(show: Open, html: str, width: int) -> None:
    page = show(html, width=width, wait=READY)
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.check('input[value="herd"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_matings_by_herd_and_printed_alone(page: playwright.Page, run: Evaluation) -> None:
    table = run.decisions["matings"]
    assert page.locator('.mating-way[data-way="male"] .mating').count() == table["male"].nunique()
    assert not page.locator('.mating-way[data-way="herd"]').is_visible()
    page.check('input[value="herd"]')
    assert page.locator('.mating-way[data-way="herd"]').is_visible()
    page.evaluate("window.print = () => { window.printed = document.documentElement.className; }")
    page.click("#mating-print")
    assert page.evaluate("window.printed") == "only-matings"
    page.emulate_media(media="print")
    assert not page.locator("#selection").is_visible()
    assert page.locator("#matings").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#selection").is_visible()


def test_on_paper(show: Open, html: str) -> None:
    page = show(html, width=703, wait=READY)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert not page.locator("#selection-best").is_visible()
    assert page.locator("#selection-list").is_visible()


def test_without_scripts(browser: playwright.Browser, tmp_path: Path, html: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#candidates tbody tr").count() == 25
    assert page.locator("#candidates-fallback").is_visible()
    assert not page.locator("#selection-list").is_visible()
    context.close()


def test_twenty_thousand_candidates(show: Open) -> None:
    run = selection(40_000, females=2000, males=100)
    html = render(run, PROVENANCE)
    assert len(html.encode()) < 6_000_000
    start = time.perf_counter()
    page = show(html, wait=READY)
    assert time.perf_counter() - start < 15
    table = run.decisions["selection"]
    assert page.text_content("#selection-status") == "20,000 candidates"
    arrays = run.coancestry["arrays"]
    k = FromPedigree(arrays["sire"], arrays["dam"], arrays["mendelian"], arrays["rows"],
                     2 * arrays["diagonal"])
    c = shares(table, table["selected"].to_numpy())
    assert figure(page, "coancestry") == written(c @ k.times(c), 4)
    start = time.perf_counter()
    page.click(f'[data-tick="{table["individual"].iloc[0]}"]')
    page.fill('[data-number="milk"]', "2")
    wanted = (2 * table["milk"] + table["fat"]).sort_values(ascending=False).index
    expect(page.locator("#candidates tbody th").first).to_have_text(
        table["individual"][wanted[0]])
    assert time.perf_counter() - start < 5
    assert names(page) == list(table["individual"][wanted].head(50))


@pytest.mark.parametrize("width", [390, 703, 1280])
def test_pages_of_sires(show: Open, run: Evaluation, width: int) -> None:
    files = dict(render_pages(run, PROVENANCE))
    page = show(next(iter(files.values())), width=width, wait=".tree")
    if width == 703:
        page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name = next(iter(page_names(run)))
    assert page.text_content("h1") == name
    assert page.locator(".box").first.locator("b").text_content() == name
    known = run.individuals.set_index("individual").loc[name]
    assert [str(text) for text in page.eval_on_selector_all(
        ".tree > .node > .parents > .node > .box b", "all => all.map(one => one.textContent)")] == [
            known["sire"], known["dam"]]
    bars = page.eval_on_selector_all(
        ".track:not(.from-left) .fill", "all => all.map(one => one.getBoundingClientRect().width)")
    assert len(bars) == 2
    assert min(bars) > 0


def test_links_lead_to_pages(show: Open, run: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    for name, text in render_pages(run, PROVENANCE):
        (tmp_path / "pages" / name).write_text(text, encoding="utf-8")
    asked = replace(run, settings={**run.settings, "output": {"pages": True}})
    page = show(render(asked, PROVENANCE), wait=READY)
    name = next(iter(page_names(run)))
    page.click(f'#candidates tbody a:text-is("{name}")')
    page.wait_for_selector(".tree")
    assert page.text_content("h1") == name
    page.click("text=All candidates")
    page.wait_for_selector(READY)
