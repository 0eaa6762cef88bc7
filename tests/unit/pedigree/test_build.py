"""Pedigrees from sound files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.errors import Findings
from breedeval.io.pedigree import read_pedigree
from breedeval.pedigree.build import PedigreeReading
from breedeval.pedigree.pedigree import Pedigree

PEDIGREES = Path(__file__).parents[3] / "pedigrees"


def read(folder: Path, text: str, name: str = "p.csv", **reading: object) -> Pedigree:
    file = folder / name
    file.write_text(text)
    return read_pedigree(file, PedigreeReading(**reading))  # type: ignore[arg-type]


def parents(pedigree: Pedigree) -> dict[str, tuple[str | None, str | None]]:
    names = [*pedigree.individuals.to_list(), None]
    return {str(names[row]): (names[pedigree.sire[row]], names[pedigree.dam[row]])
            for row in range(len(pedigree))}


def test_an_order_that_is_parents_first_is_kept(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam\nb,,\na,,\nd,b,a\nc,b,d\n")
    assert pedigree.individuals.to_list() == ["b", "a", "d", "c"]
    assert pedigree.sire.tolist() == [-1, -1, 0, 0]
    assert pedigree.dam.tolist() == [-1, -1, 1, 2]
    assert pedigree.generation.tolist() == [0, 0, 1, 2]
    assert pedigree.listed.all()
    assert pedigree.sire.dtype == pedigree.dam.dtype == pedigree.generation.dtype == np.int32


def test_any_order_and_added_founders(tmp_path: Path) -> None:
    findings = Findings()
    (tmp_path / "p.csv").write_text("id,sire,dam\nc,b,d\nd,b,x\nb,0,NA\n")
    pedigree = read_pedigree(tmp_path / "p.csv", findings=findings)
    assert parents(pedigree) == {"b": (None, None), "x": (None, None), "d": ("b", "x"),
                                 "c": ("b", "d")}
    assert (np.maximum(pedigree.sire, pedigree.dam) < np.arange(4)).all()
    listed = dict(zip(pedigree.individuals.to_list(), pedigree.listed.tolist(), strict=True))
    assert listed == {"b": True, "x": False, "d": True, "c": True}
    assert findings.counts() == {"added founders": 1}


@pytest.mark.parametrize("header", [
    "id,sire,dam", "Animal,Father,Mother", "INDIVIDUAL,SIRE,DAM", "anim,male,female",
    "calf,dad,mum", "Animal_ID,Sire ID,dam.id", "ind,pat,mat", "individual,sire,dam"])
def test_standard_headers(tmp_path: Path, header: str) -> None:
    assert parents(read(tmp_path, f"{header}\na,,\nb,,\nc,a,b\n"))["c"] == ("a", "b")


def test_parents_are_told_by_name_not_by_place(tmp_path: Path) -> None:
    assert parents(read(tmp_path, "dam,id,sire\n,a,\n,b,\nb,c,a\n"))["c"] == ("a", "b")


def test_own_headers_and_positions(tmp_path: Path) -> None:
    named = read(tmp_path, "cow,bull,tag\n,,a\n,,b\nb,a,c\n",
                 columns={"individual": "tag", "sire": "bull", "dam": "cow"})
    placed = read(tmp_path, "b  c a\n0 a 0\n0 b 0\n", "p.txt",
                  columns={"individual": 2, "sire": 3, "dam": 1})
    assert parents(named)["c"] == parents(placed)["c"] == ("a", "b")
    assert placed.carried == {}


def test_names_are_text(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam\n007,,\n7,,\nNO,007,7\n1e5,NO,\n")
    assert parents(pedigree)["NO"] == ("007", "7")
    assert pedigree.individuals.to_list() == ["007", "7", "NO", "1e5"]


def test_numbers_of_a_parquet_file_are_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2, 3], "sire": [None, None, 1.0], "dam": [0, 0, 2]}),
                   tmp_path / "p.parquet")
    assert parents(read_pedigree(tmp_path / "p.parquet"))["3"] == ("1", "2")


def test_own_codes_for_unknown(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam\n0,-9,-9\na,0,-9\n", unknown=("", "-9"))
    assert parents(pedigree) == {"0": (None, None), "a": ("0", None)}


def test_sex_from_the_file_then_from_the_role(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,Sex\na,,,\nb,,,U\nc,a,b,Female\nd,,,m\ne,,,2\nf,,,\n")
    assert pedigree.sex.tolist() == [1, 2, 2, 1, 2, 0]
    assert pedigree.sex.dtype == np.int8


def test_births(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,birth_date\na,,,2019\nb,,,2019-01-01\nc,,,2020-07-01\n"
                    "d,,,20191231\ne,,,\nf,,,968\ng,,,2003.5\nh,,,2019-01-01T12:00\n")
    assert pedigree.birth_year.tolist()[:4] == [2019, 2019, 2020 + 182 / 366, 2019 + 364 / 365]
    assert np.isnan(pedigree.birth_year[4])
    assert pedigree.birth_year.tolist()[5:] == [968, 2003.5, 2019]


def test_years_of_parent_and_progeny_may_be_the_same(tmp_path: Path) -> None:
    read(tmp_path, "id,sire,dam,yob\na,,,2019-05-01\nb,a,,2019\nc,b,,2019\n")


def test_other_columns_are_carried(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,breed,born,note\nb,a,x,HF,2001,NA\na,,,BS,1999,old\n")
    assert pedigree.individuals.to_list() == ["a", "x", "b"]
    assert {name: column.to_pylist() for name, column in pedigree.carried.items()} == {
        "breed": ["BS", None, "HF"], "note": ["old", None, None]}


def group_names(pedigree: Pedigree) -> list[tuple[str | None, str | None]]:
    names = [*pedigree.groups.to_list(), None]
    return [(names[s], names[d])
            for s, d in zip(pedigree.sire_group, pedigree.dam_group, strict=True)]


def test_groups_by_column(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,group\na,,,g10\nb,a,,g9\nc,a,b,g8\n")
    assert group_names(pedigree) == [("g10", "g10"), (None, "g9"), (None, None)]
    assert pedigree.groups.to_list() == ["g9", "g10"]


def test_groups_by_a_column_for_each_parent(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,sire_group,dam_group\na,,,s,d\nb,a,,s,e\n")
    assert group_names(pedigree) == [("s", "d"), (None, "e")]


def test_groups_by_codes_among_the_parents(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam\na,G2,G1\nb,a,G1\n", groups=("G2", "G1"))
    assert parents(pedigree) == {"a": (None, None), "b": ("a", None)}
    assert group_names(pedigree) == [("G2", "G1"), (None, "G1")]
    assert pedigree.groups.to_list() == ["G2", "G1"]  # the order in which the user lists them


def test_phantom_groups_of_the_textbook() -> None:
    pedigree = read_pedigree(PEDIGREES / "mrode_4_4" / "pedigree.csv",
                             PedigreeReading(groups=("G1", "G2")))
    assert len(pedigree) == 8
    assert group_names(pedigree)[:4] == [("G1", "G2")] * 3 + [(None, "G2")]


def test_clones_stand_for_their_original(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,clone_of\nk,,,a\na,s,d,\nb,k,e,\nm,s,d,a\n")
    assert pedigree.clone_of == {"k": "a", "m": "a"}
    assert parents(pedigree) == {"s": (None, None), "d": (None, None), "a": ("s", "d"),
                                 "e": (None, None), "b": ("a", "e")}


def test_selfing(tmp_path: Path) -> None:
    pedigree = read(tmp_path, "id,sire,dam,selfings\na,,,\nb,a,a,0\nc,b,a,6\nd,a,b,\n",
                    selfing=True)
    assert parents(pedigree)["b"] == ("a", "a")
    assert pedigree.selfings is not None
    assert pedigree.selfings.tolist() == [0, 0, 6, 0]
    assert pedigree.sex.tolist() == [0, 0, 0, 0]


def test_faults_are_mended_when_gathered(tmp_path: Path) -> None:
    findings = Findings()
    (tmp_path / "p.csv").write_text("id,sire,dam\na,b,\nb,a,\nc,a,x\nc,b,x\nd,c,c\n")
    pedigree = read_pedigree(tmp_path / "p.csv", findings=findings)
    assert parents(pedigree)["c"] == ("a", "x")
    assert (np.maximum(pedigree.sire, pedigree.dam) < np.arange(len(pedigree))).all()
    assert findings.counts() == {"repeated": 1, "one parent twice": 1, "loop": 1,
                                 "added founders": 1}


@pytest.mark.parametrize(("case", "size", "founders"), [
    ("gryphon", 1309, 225), ("dairy", 6547, 2420), ("blupf90_quick", 15, 6),
    ("blupf90_aireml", 4641, None), ("mrode_8_1", 14, 4)])
def test_real_files(case: str, size: int, founders: int | None) -> None:
    findings = Findings()
    pedigree = read_pedigree(PEDIGREES / case / "pedigree.csv", findings=findings)
    assert (len(pedigree), findings.counts()) == (size, {})
    if founders is not None:
        assert int((pedigree.generation == 0).sum()) == founders


@st.composite
def _pedigrees(draw: st.DrawFn) -> dict[str, tuple[str | None, str | None]]:
    sexes = draw(st.lists(st.booleans(), min_size=1, max_size=25))
    made: dict[str, tuple[str | None, str | None]] = {}
    for k in range(len(sexes)):
        sires = [None, *(f"n{j}" for j in range(k) if sexes[j])]
        dams = [None, *(f"n{j}" for j in range(k) if not sexes[j])]
        made[f"n{k}"] = (draw(st.sampled_from(sires)), draw(st.sampled_from(dams)))
    return made


@settings(max_examples=100, deadline=None)
@given(made=_pedigrees(), order=st.randoms(use_true_random=False), left_out=st.booleans())
def test_shuffling_lines_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, tuple[str | None, str | None]],
    order: object, left_out: bool,
) -> None:
    rows = list(made)
    order.shuffle(rows)  # type: ignore[attr-defined]
    used = {name for pair in made.values() for name in pair}
    founders = {name for name in rows if made[name] == (None, None) and name in used}
    if left_out and len(founders) < len(rows):
        rows = [name for name in rows if name not in founders]
    text = "".join(f"{name},{made[name][0] or ''},{made[name][1] or '0'}\n" for name in rows)
    pedigree = read(tmp_path_factory.mktemp("p"), "id,sire,dam\n" + text)
    assert parents(pedigree) == made
    assert (np.maximum(pedigree.sire, pedigree.dam) < np.arange(len(pedigree))).all()
    assert {name for name, listed in zip(pedigree.individuals.to_list(), pedigree.listed,
                                         strict=True) if listed} == set(rows)
