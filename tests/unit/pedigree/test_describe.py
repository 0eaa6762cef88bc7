"""The description of a pedigree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from breedeval.errors import Findings
from breedeval.io.pedigree import read_pedigree
from breedeval.pedigree.describe import Description, describe
from breedeval.pedigree.inbreeding import Inbreeding, inbreeding
from breedeval.pedigree.pedigree import Pedigree
from tests.unit.pedigree.made import pedigree_of

PEDIGREES = Path(__file__).parents[3] / "pedigrees"


def described(pedigree: Pedigree, findings: Findings | None = None) -> Description:
    return describe(pedigree, inbreeding(pedigree.sire, pedigree.dam), findings)


def test_textbook_pedigree() -> None:
    pedigree = read_pedigree(PEDIGREES / "mrode_2_1" / "pedigree.csv")
    facts = dict(described(pedigree).facts)
    assert facts["Individuals"] == "6"
    assert facts["Founders"] == "2"
    assert facts["Both parents known"] == "3 (50.0 %)"
    assert facts["One parent known"] == "1 (16.7 %)"
    assert facts["Sires"] == "3"
    assert facts["Dams"] == "2"
    assert facts["Generations, at most"] == "3"
    assert facts["Inbred individuals"] == "2 (33.3 %)"
    assert facts["Highest inbreeding"] == "0.1250 (5)"
    assert facts["Progeny of a sire"] == "1.3 on average, 2 at most (1)"


def test_tables(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "id,sire,dam,born\na,,,2000-05-01\nb,,x,2000-06-01\nc,a,b,2002\nd,a,b,2002\ne,c,d,2004\n")
    findings = Findings()
    pedigree = read_pedigree(tmp_path / "p.csv", findings=findings)
    found = described(pedigree, findings)
    by_year = found.tables["inbreeding_by_birth_year"]
    assert list(by_year) == ["birth_year", "individuals", "mean_inbreeding", "max_inbreeding",
                             "mean_equivalent_generations"]
    assert list(by_year["birth_year"]) == [2000, 2002, 2004]
    assert list(by_year["individuals"]) == [2, 2, 1]
    np.testing.assert_allclose(by_year["mean_inbreeding"], [0, 0, 0.25])
    np.testing.assert_allclose(by_year["max_inbreeding"], [0, 0, 0.25])
    np.testing.assert_allclose(by_year["mean_equivalent_generations"], [0.25, 1.25, 2.25])
    by_generation = found.tables["inbreeding_by_generation"]
    assert list(by_generation["generation"]) == [0, 1, 2, 3]
    assert list(by_generation["individuals"]) == [2, 1, 2, 1]
    complete = found.tables["completeness"]
    assert list(complete["generation_back"]) == [1, 2, 3]
    np.testing.assert_allclose(complete["percent_known"],
                               100 * np.array([3.5, 2 * 0.25 + 1, 0.25]) / 6)
    assert {name: list(column) for name, column in found.tables["family_sizes"].items()} == {
        "family": ["full sibs", "full sibs", "sire", "sire", "dam", "dam"],
        "size": [1, 2, 1, 2, 1, 2], "families": [1, 1, 1, 1, 2, 1]}
    contributors = found.tables["contributors"]
    assert contributors["individual"] == ["a", "x", "b"]
    np.testing.assert_allclose(contributors["contribution"], [0.5, 0.25, 0.25])
    np.testing.assert_allclose(contributors["cumulative"], [0.5, 0.75, 1])
    facts = dict(found.facts)
    assert facts["Founders"] == "2, 1 of them without a line of their own"
    assert facts["Reference population"] == "1 (born in 2004)"
    assert facts["Full-sib families"] == "2 of 1.5 on average, 2 at most"
    assert facts["Kinds of faults and warnings"] == "added founders (1)"
    assert found.warnings == findings.warnings


def test_no_births_no_table_by_year() -> None:
    found = described(pedigree_of([-1, -1, 0], [-1, -1, 1]))
    assert list(found.tables) == ["inbreeding_by_generation", "completeness", "family_sizes",
                                  "contributors", "ancestors"]
    assert "Generation interval" not in dict(found.facts)


def test_groups_and_clones_are_told(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,sire,dam,group,clone_of\na,,,g,\nb,a,,h,\nc,,,,a\n")
    facts = dict(described(read_pedigree(tmp_path / "p.csv")).facts)
    assert facts["Unknown-parent groups"] == "2, of 3 parents"
    assert facts["Clones"] == "1"


@pytest.mark.parametrize("size", [0, 1, 2])
def test_hardly_anybody(size: int) -> None:
    found = describe(pedigree_of([-1] * size, [-1] * size), Inbreeding(np.zeros(size),
                                                                       np.ones(size)))
    assert dict(found.facts)["Individuals"] == str(size)


@pytest.mark.parametrize("case", ["gryphon", "dairy", "blupf90_aireml"])
def test_real_pedigrees(case: str) -> None:
    pedigree = read_pedigree(PEDIGREES / case / "pedigree.csv")
    found = described(pedigree)
    for table in found.tables.values():
        assert len({len(column) for column in table.values()}) == 1
    families = found.tables["family_sizes"]
    progeny = {kind: sum(int(size) * int(number) for family, size, number
                         in zip(families["family"], families["size"], families["families"],
                                strict=True) if family == kind) for kind in ("sire", "dam")}
    assert progeny == {"sire": int((pedigree.sire >= 0).sum()),
                       "dam": int((pedigree.dam >= 0).sum())}
    assert int(np.sum(found.tables["inbreeding_by_generation"]["individuals"])) == len(pedigree)
