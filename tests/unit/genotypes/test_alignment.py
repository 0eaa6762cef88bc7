"""Markers found again in another set of genotypes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from breedeval.genotypes.alignment import align
from breedeval.genotypes.markers import Markers
from breedeval.levels import Levels


def alleles(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.large_string())


def test_alleles_decide_which_copies_are_counted() -> None:
    names = Levels.of(["same", "swapped", "absent", "strand", "case", "fixed", "bare"])
    counted = alleles(["A", "A", "A", "A", "A", "C", None])
    other = alleles(["G", "G", "G", "G", "G", "T", None])
    there = Markers(
        Levels.of(["new", "bare", "case", "fixed", "strand", "swapped", "same"]),
        pa.nulls(7, pa.large_string()), np.zeros(7, np.int64),
        alleles(["A", "A", "g", None, "T", "G", "A"]),
        alleles(["C", "C", "a", "C", "C", "A", "G"]))
    found = align(names, counted, other, there)
    np.testing.assert_array_equal(found.rows, [6, 5, -1, -1, 2, 3, 1])
    np.testing.assert_array_equal(
        found.swapped, [False, True, False, False, True, True, False])
    np.testing.assert_array_equal(found.conflicting, [3])
    np.testing.assert_array_equal(found.unknown, [0])
    assert found.unlabelled == 1
