"""Mating plans as a run makes them, and the messages for those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

import breedeval
from breedeval.evaluation.result import Evaluation
from tests.oracles import gametes as oracle
from tests.oracles.tabular import tabular

N = 80
NAMES = [f"i{k}" for k in range(N)]


def population() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A pedigree with sexes and carriers, and a trait of all but the founders."""
    random = np.random.default_rng(8)
    rows = [(NAMES[k], "", "", "MF"[k % 2], "no") for k in range(16)]
    for k in range(16, N):
        dam, sire = (2 * random.integers((k - 8) // 2) + side for side in (1, 0))
        rows.append((NAMES[k], NAMES[sire], NAMES[dam], "MF"[k % 2],
                     ["yes", "no", ""][random.integers(3)]))
    pedigree = pd.DataFrame(rows, columns=["id", "sire", "dam", "sex", "horn"])
    records = pd.DataFrame({"id": NAMES[16:], "herd": [f"h{k % 3}" for k in range(16, N)],
                            "milk": random.normal(size=N - 16)})
    return records, pedigree


def evaluated(mating: dict[str, Any] | None, **selection: Any) -> Evaluation:
    records, pedigree = population()
    asked = {"index": {"weights": {"milk": 1}}, "select": {"females": 12, "males": 3}, **selection}
    if mating is not None:
        asked["mating"] = mating
    return breedeval.evaluate(
        records, pedigree=pedigree, variances={"animal": 1.0, "residual": 2.0},
        model={"traits": ["milk"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]}, selection=asked)


def coancestry(females: pd.Series, males: pd.Series) -> np.ndarray:
    """½A by the tabular method."""
    _, pedigree = population()
    place = {name: k for k, name in enumerate(NAMES)}
    a = tabular(*([place.get(name, -1) for name in pedigree[role]] for role in ("sire", "dam")))
    return a[np.ix_([place[one] for one in females], [place[one] for one in males])] / 2


def selected(found: Evaluation, sex: str) -> pd.Series:
    table = found.decisions["selection"]
    return table[table["selected"] & (table["sex"] == sex)]["individual"]


def test_the_plan_is_that_of_another_solver() -> None:
    found = evaluated({"max_per_male": 5})
    table = found.decisions["matings"]
    females, males = selected(found, "female"), selected(found, "male")
    f = coancestry(females, males)
    rows, columns = linear_sum_assignment(np.tile(f, 5))
    facts = found.summary["mating"]
    assert facts["mean_inbreeding"] == pytest.approx(np.tile(f, 5)[rows, columns].mean())
    assert table["matings"].sum() == 12
    assert set(table["female"]) == set(females)
    assert table.groupby("male")["matings"].sum().max() <= 5
    own = [coancestry(pd.Series([one]), pd.Series([other]))[0, 0]
           for one, other in zip(table["female"], table["male"], strict=True)]
    np.testing.assert_allclose(table["expected_inbreeding"], own, atol=1e-12)
    uses = table.groupby("male")["matings"].sum().reindex(males).fillna(0).to_numpy()
    assert facts["random_inbreeding"] == pytest.approx((f @ uses).sum() / 144)
    assert facts["gap"] == pytest.approx(0, abs=1e-9)
    assert facts["admissible_pairs"] == facts["possible_pairs"] == 36


def test_males_are_used_alike_without_a_limit() -> None:
    table = evaluated({}).decisions["matings"]
    assert (table.groupby("male")["matings"].sum() == 4).all()


def test_of_plans_without_inbreeding_the_best_by_the_index() -> None:
    """Founders are not related: their plan is that of the index."""
    founders = {"where": "generation == 0"}
    first, second = (evaluated({"objective": objective, "max_per_male": 5}, candidates=founders,
                               select={"females": 8, "males": 8}).summary["mating"]
                     for objective in ("inbreeding", "index"))
    assert first["mean_inbreeding"] == first["value"] == 0
    assert first["mean_index"] == pytest.approx(second["mean_index"], abs=1e-9)


def test_contributions_are_those_of_a_plan_that_is_free() -> None:
    found = evaluated({"objective": "index", "max_per_male": 8})
    table = found.decisions["selection"].set_index("individual")
    plan = found.decisions["matings"]
    for sex in ("female", "male"):
        uses = plan.groupby(sex)["matings"].sum()
        own = table.loc[uses.index]
        assert (own["matings"] == uses).all()
        np.testing.assert_allclose(own["contribution"], uses / 24)
    assert table["matings"].sum() == 24
    assert (table["selected"] == (table["matings"] > 0)).all()
    assert table["selected"].sum() == 14  # the third male has no mating
    unselected = table.groupby("sex")["index"].mean().mean()
    assert found.decisions["index"]["response"][0] == pytest.approx(
        plan["matings"] @ plan["expected_index"] / 12 - unselected)


def test_the_best_males_are_used_most_for_the_index() -> None:
    found = evaluated({"objective": "index", "max_per_male": 5})
    males = selected(found, "male")  # the best first
    uses = found.decisions["matings"].groupby("male")["matings"].sum()
    assert uses.reindex(males).tolist() == [5, 5, 2]
    index = found.decisions["selection"].set_index("individual")["index"]
    table = found.decisions["matings"]
    np.testing.assert_allclose(table["expected_index"], (
        index[table["female"]].to_numpy() + index[table["male"]].to_numpy()) / 2)
    assert found.summary["mating"]["value"] == pytest.approx(
        np.average(table["expected_index"], weights=table["matings"]))


def test_a_penalty_lowers_inbreeding() -> None:
    facts = [evaluated({"objective": "index", "max_per_male": 8, "penalty": penalty}).summary[
        "mating"] for penalty in (0, 100)]
    assert facts[1]["mean_inbreeding"] < facts[0]["mean_inbreeding"]
    assert facts[1]["mean_index"] < facts[0]["mean_index"]


def test_sexes_that_the_selection_does_not_tell_apart_are_told_of() -> None:
    found = evaluated({}, select=10)
    assert any("two of a sex may be mated" in one for one in found.summary["warnings"])
    assert found.summary["mating"]["parents"] == 10
    assert found.decisions["matings"]["matings"].sum() == 5


def test_carriers_and_high_inbreeding_are_avoided() -> None:
    found = evaluated({"max_per_male": 12, "max_inbreeding": 0.1, "avoid": "horn"},
                      select={"females": 20, "males": 10})
    _, pedigree = population()
    horn = pedigree.set_index("id")["horn"]
    table = found.decisions["matings"]
    both = (horn[table["female"]].to_numpy() == "yes") & (horn[table["male"]].to_numpy() == "yes")
    assert not both.any()
    assert (table["expected_inbreeding"] <= 0.1).all()
    assert any("it is not known of" in warning for warning in found.summary["warnings"])
    assert found.summary["mating"]["forbidden_pairs"]["carriers of the same by 'horn'"] > 0


def test_males_in_herds() -> None:
    found = evaluated({"max_per_male": 12, "herd": "herd", "max_per_herd": 2}, candidates={
        "where": "records > 0"})
    table = found.decisions["matings"]
    assert table.groupby(["herd", "male"])["matings"].sum().max() <= 2
    records, _ = population()
    assert (table["herd"].to_numpy() == records.set_index("id")["herd"][
        table["female"]].to_numpy()).all()


def test_females_without_a_herd_are_told() -> None:
    found = evaluated({"max_per_male": 12, "herd": "herd", "max_per_herd": 2})
    assert any("females have no 'herd' (or several), such as" in one
               for one in found.summary["warnings"])
    assert found.decisions["matings"]["herd"].isna().any()


def test_more_matings_than_females() -> None:
    table = evaluated({"matings": 30, "max_per_male": 10}).decisions["matings"]
    uses = table.groupby("female")["matings"].sum()
    assert table["matings"].sum() == 30
    assert uses.min() == 2
    assert uses.max() == 3


@pytest.mark.parametrize(("mating", "selection", "message"), [
    ({"max_per_male": 3}, {},
     "selection: mating: max_per_male: 12 females ('i5', 'i7', 'i15', 'i27', 'i37', …) need 12 "
     "matings; of these 12 only 9 are possible: 3 males ('i38', 'i58', 'i72') may have 9 matings. "
     "Expected as much room as matings. Raise 'max_per_male', or select more males."),
    ({"avoid": "hron"}, {},
     "selection: mating: avoid: there is no column 'hron'. Expected one of: sire, dam, sex, "
     "birth_year, generation, horn, id, herd, milk. Did you mean 'horn'?"),
    ({"avoid": "herd"}, {},
     "selection: mating: avoid: 'h1' in column 'herd' does not say whether it is a carrier. "
     "Expected 1, yes or carrier; 0, no or free; or nothing. Correct the column."),
    ({"objective": "usefulness"}, {},
     "selection: mating: objective: usefulness needs effects of markers, and no relationship of "
     "the index is made from markers. Expected a genomic or single-step one. Write 'objective: "
     "index'."),
    ({"max_per_herd": 2}, {},
     "settings:13:26: it is not said which column has the herd. Add 'herd: COLUMN'."),
    ({"min_per_male": 5, "max_per_male": 3}, {},
     "settings:13:26: 'min_per_male' (5) is more than 'max_per_male' (3). "
     "Expected at most as much. Lower it."),
    ({}, {"select": {"females": 5}},
     "selection: mating: no male is selected. Expected parents of both sexes. Say how many males "
     "are selected."),
])
def test_what_cannot_be(mating: dict[str, Any], selection: dict[str, Any], message: str) -> None:
    with pytest.raises(breedeval.InputError) as caught:
        evaluated(mating, **selection)
    assert caught.value.problems == (message,)


RUN = """\
records: {{file: records.csv}}
genotypes: {{file: chip.csv}}
model:
  traits: [gain]
  random: [{{name: line, column: id, relationship: genomic}}]
relationships:
  genomic: {{kind: genomic, ridge: 0.01}}
variances: {{line: 1, residual: 1}}
marker_effects: {{effect: line, windows: {{markers: 2}}}}
selection:
  index: {{weights: {{gain: 2}}}}
  select: 5
  mating: {{objective: usefulness, matings: 4, max_per_female: 3, {more}}}
"""
MARKERS = ["a", "b", "c", "d"]
CHROMOSOME, MORGANS = [1, 1, 2, 2], [0.0, 0.2, 0.1, 0.15]


def lines(folder: Path, more: str = "map: linkage.csv") -> Path:
    """Twelve inbred lines with four markers on two chromosomes."""
    random = np.random.default_rng(4)
    copies = 2 * random.integers(0, 2, (12, 4))
    names = [f"L{k}" for k in range(12)]
    pd.DataFrame(copies, names, MARKERS).rename_axis("id").to_csv(folder / "chip.csv")
    pd.DataFrame({"id": names, "gain": copies @ [1, -1, 2, 1] + random.normal(size=12)}).to_csv(
        folder / "records.csv", index=False)
    pd.DataFrame({"marker": MARKERS, "chromosome": CHROMOSOME, "centimorgan": np.array(
        MORGANS) * 100}).to_csv(folder / "linkage.csv", index=False)
    (folder / "pairs.csv").write_text("one,other\nL1,L2\nL0,L9\n")
    (folder / "run.yaml").write_text(RUN.format(more=more))
    return folder / "run.yaml"


@pytest.mark.parametrize(("progeny", "slow"), [
    ("doubled_haploid", oracle.doubled_haploid_variance),
    ("f2", oracle.second_generation_variance)])
def test_usefulness_of_crosses_of_lines(progeny: str, slow: Any, tmp_path: Path) -> None:
    found = breedeval.run(lines(
        tmp_path, f"map: linkage.csv, progeny: {progeny}, selected_fraction: 0.1, accuracy: 0.8"))
    table, facts = found.decisions["matings"], found.summary["mating"]
    effects = 2 * found.marker_effects["estimate"].to_numpy()
    copies = pd.read_csv(tmp_path / "chip.csv", index_col="id") / 2
    r = oracle.recombination(CHROMOSOME, MORGANS)
    for row in table.itertuples():
        variance = slow(copies.loc[[row.female, row.male]].to_numpy(), effects, r)
        assert row.progeny_sd == pytest.approx(np.sqrt(variance), abs=1e-9)
        assert row.usefulness == pytest.approx(
            row.expected_index + 1.75498 * 0.8 * row.progeny_sd, abs=1e-5)
    index = found.decisions["selection"].set_index("individual")["index"]
    assert (index[table["female"]].to_numpy() >= index[table["male"]].to_numpy()).all()
    assert table["matings"].sum() == 4
    assert (table["matings"] == 1).all()
    assert pd.concat([table["female"], table["male"]]).value_counts().max() <= 3
    assert facts["value"] == pytest.approx(table["usefulness"].mean())
    assert facts["markers_without_place"] == 0


def test_forbidden_pairs(tmp_path: Path) -> None:
    path = lines(tmp_path, "map: linkage.csv, forbidden: pairs.csv")
    found = breedeval.run(path)
    pairs = {frozenset(pair) for pair in found.decisions["matings"][
        ["female", "male"]].itertuples(index=False)}
    assert not pairs & {frozenset(("L1", "L2")), frozenset(("L0", "L9"))}
    assert not found.summary["warnings"]


def test_forbidden_pairs_of_nobody_are_told_and_a_header_is_asked_for(tmp_path: Path) -> None:
    path = lines(tmp_path, "map: linkage.csv, forbidden: pairs.csv")
    (tmp_path / "pairs.csv").write_text("one,other\nL1,L2\nL1,L-2\n", encoding="utf-8")
    assert ("selection: mating: forbidden: 'L-2' has no breeding values. Correct the name, or "
            "leave it out.") in breedeval.run(path).summary["warnings"]
    (tmp_path / "pairs.csv").write_text("L1,L2\nL0,L9\n", encoding="utf-8")
    with pytest.raises(breedeval.InputError, match="begins with 'L1', an individual"):
        breedeval.run(path)


def test_markers_without_a_place_are_told(tmp_path: Path) -> None:
    found = breedeval.run(lines(tmp_path, "accuracy: 0.5"))
    assert found.summary["mating"]["markers_without_place"] == 4
    assert any("4 of 4 markers have no place on the map" in one
               for one in found.summary["warnings"])


def test_usefulness_of_outbred_parents(tmp_path: Path) -> None:
    """Without a pedigree no phase is known: ¼b² of every heterozygous locus of either parent."""
    path = lines(tmp_path, "map: linkage.csv, progeny: outbred")
    random = np.random.default_rng(2)
    copies = pd.DataFrame(random.integers(0, 3, (12, 4)), [f"L{k}" for k in range(12)], MARKERS)
    copies.rename_axis("id").to_csv(tmp_path / "chip.csv")
    found = breedeval.run(path)
    b = 2 * found.marker_effects["estimate"].to_numpy()
    gametes = (copies == 1).to_numpy() @ (b**2 / 4)
    place = {name: k for k, name in enumerate(copies.index)}
    for row in found.decisions["matings"].itertuples():
        assert row.progeny_sd == pytest.approx(
            np.sqrt(gametes[place[row.female]] + gametes[place[row.male]]), abs=1e-9)
    assert found.summary["mating"]["phase_known"] == 0


@pytest.mark.parametrize(("text", "message"), [
    ("marker,lg,centimorgan\na,1,0\n", "linkage.csv: there is no column 'chromosome'. Expected "
     "marker, chromosome, centimorgan. Correct the file."),
    ("marker,chromosome,centimorgan\na,1,0\na,1,2\n", "linkage.csv: a marker is listed twice. "
     "Expected one row a marker. Correct the file."),
    ("marker,chromosome,centimorgan\na,1,far\n", "linkage.csv:2: 'far' in column 'centimorgan' is "
     "not a number"),
])
def test_a_linkage_map_that_is_none(text: str, message: str, tmp_path: Path) -> None:
    path = lines(tmp_path)
    (tmp_path / "linkage.csv").write_text(text)
    with pytest.raises(breedeval.InputError) as caught:
        breedeval.run(path)
    assert caught.value.problems[0].startswith(message)


def test_a_file_of_pairs_with_one_column(tmp_path: Path) -> None:
    path = lines(tmp_path, "forbidden: pairs.csv")
    (tmp_path / "pairs.csv").write_text("one\nL1\n")
    with pytest.raises(breedeval.InputError, match="there is one column"):
        breedeval.run(path)
