"""Relationships among named individuals, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from breedeval.pedigree.build import PedigreeReading
from breedeval.workflow.describe import describe_file

ROOT = Path(__file__).parents[3]
PEDIGREE = ROOT / "pedigrees" / "mrode_2_1" / "pedigree.csv"


def test_the_block_is_that_of_the_book(tmp_path: Path) -> None:
    """Mrode & Pocrnic (2023), example 2.1, printed with three decimals."""
    target = tmp_path / "out"
    describe_file(PEDIGREE, target, reading=PedigreeReading(), command=["test"],
                  among=["6,3", "1"])
    found = pd.read_csv(target / "relationships.csv", index_col=0)
    assert list(found.columns) == ["6", "3", "1"]
    case = json.loads(
        (ROOT / "tests" / "reference" / "data" / "mrode_2_1_A_matrix.json").read_text())
    printed = np.array(case["reference"]["A"])[np.ix_([5, 2, 0], [5, 2, 0])]
    np.testing.assert_allclose(found, printed, rtol=0, atol=5.0001e-4)


@pytest.mark.parametrize(("names", "message"), [
    ("1,x", "--among: not in pedigree.csv: x. Expected individuals of the pedigree, each once."),
    ("1,1", "--among: an individual is named twice. Expected individuals of the pedigree, each "
            "once.")])
def test_strangers_and_repeats_are_refused(names: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        describe_file(PEDIGREE, None, reading=PedigreeReading(), command=["test"], among=[names])
    assert caught.value.problems == (message,)
