"""Inputs of several runs are read once."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from breedeval.config import load
from breedeval.errors import Findings, InputError, Problem
from breedeval.workflow import ladder
from breedeval.workflow.journal import Journal
from breedeval.workflow.reading import readings_of
from breedeval.workflow.shared_inputs import Reading, SharedInputs
from tests.reference.running import CONFIGS


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    (tmp_path / "records.csv").write_text("a\n1\n")
    return Reading("records", (tmp_path / "records.csv",), "missing NA")


def shared(tmp_path: Path, *readings: Reading) -> SharedInputs:
    folder = tmp_path / "kept"
    folder.mkdir(exist_ok=True)
    return SharedInputs(folder, frozenset(one.key for one in readings))


def counted(calls: list[int], found: Findings) -> str:
    """A reader that warns, and counts how often it is called."""
    calls.append(1)
    found.warn("rows", Problem("records.csv:2", "a row is empty"))
    return "the table"


def test_the_second_run_takes_what_the_first_read_with_its_warnings(
    tmp_path: Path, reading: Reading
) -> None:
    calls: list[int] = []
    for _ in range(2):
        findings = Findings()
        kept = shared(tmp_path, reading)
        assert kept.get(reading, findings, lambda found: counted(calls, found)) == "the table"
        assert findings.warnings == ("records.csv:2: a row is empty.",)
    assert len(calls) == 1


def test_two_that_ask_at_once_read_once(tmp_path: Path, reading: Reading) -> None:
    calls: list[int] = []
    kept = shared(tmp_path, reading)

    def slow(found: Findings) -> str:
        sleep(0.2)
        return counted(calls, found)

    both = [Thread(target=kept.get, args=(reading, Findings(), slow)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(calls) == 1


def test_what_only_one_run_reads_is_not_kept(tmp_path: Path, reading: Reading) -> None:
    calls: list[int] = []
    for kept in (shared(tmp_path), SharedInputs()):
        kept.get(reading, Findings(), lambda found: counted(calls, found))
    assert len(calls) == 2
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_fault_is_found_by_every_run(tmp_path: Path, reading: Reading) -> None:
    def wrong(found: Findings) -> str:
        found.fault("rows", Problem("records.csv:2", "this is no number"))
        raise InputError("wrong")

    for _ in range(2):
        findings = Findings()
        with pytest.raises(InputError):
            shared(tmp_path, reading).get(reading, findings, wrong)
        assert findings.faults == ("records.csv:2: this is no number.",)


def test_a_file_that_changed_or_other_options_are_something_else(
    tmp_path: Path, reading: Reading
) -> None:
    before = reading.key
    assert Reading(reading.what, reading.files, "missing -9").key != before
    assert Reading("pedigree", reading.files, reading.options).key != before
    reading.files[0].write_text("a\n1\n2\n")
    assert reading.key != before


@pytest.mark.parametrize("name", ["mrode_11_3_gblup", "mrode_12_1_single_step", "dairy_milk",
                                  "supplied_relationship", "wheat_genomic", "mrode_14_1_breeds"])
def test_a_run_from_kept_inputs_is_the_same(name: str, tmp_path: Path) -> None:
    """Records, pedigrees, genotypes and matrices survive being kept."""
    loaded = load(CONFIGS / f"{name}.yaml")
    kept = shared(tmp_path, *readings_of(loaded.settings).values())
    plain, first, second = (ladder.read_loaded(loaded, Journal(), one)
                            for one in (None, kept, kept))
    assert len(list((tmp_path / "kept").glob("*.pickle"))) == len(readings_of(loaded.settings))
    for run in (first, second):
        assert run.findings.warnings == plain.findings.warnings
        one, other = ladder.design(run), ladder.design(plain)
        assert (one.y == other.y).all()
        for mine, theirs in zip(ladder.relationships(run, one),
                                ladder.relationships(plain, other), strict=True):
            assert (mine.lower() != theirs.lower()).nnz == 0
