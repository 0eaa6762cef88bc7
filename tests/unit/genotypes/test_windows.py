"""Windows of markers along the map."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from breedeval.genotypes.markers import Markers, unplaced
from breedeval.genotypes.windows import windows_of_base_pairs, windows_of_markers
from breedeval.levels import Levels


def mapped(chromosomes: list[str | None], positions: list[int]) -> Markers:
    names = Levels.of([f"m{k}" for k in range(len(positions))])
    nothing = pa.nulls(len(positions), pa.large_string())
    return Markers(names, pa.array(chromosomes, pa.large_string()), np.array(positions), nothing,
                   nothing)


def test_windows_follow_the_map_and_end_with_the_chromosome() -> None:
    markers = mapped(["10", "2", "2", "2", None, "10", None], [5, 30, 10, 20, 0, 1, 0])
    windows = windows_of_markers(markers, 2)
    assert [list(windows.members(k)) for k in range(len(windows))] == [[2, 3], [1], [5, 0], [4, 6]]
    np.testing.assert_array_equal(windows.of_markers(7), [2, 1, 0, 0, 3, 2, 3])


def test_windows_of_base_pairs_have_no_gaps_filled() -> None:
    markers = mapped(["1", "1", "1", "2", None], [1, 1000, 5001, 900, 0])
    windows = windows_of_base_pairs(markers, 1000)
    assert [list(windows.members(k)) for k in range(len(windows))] == [[0, 1], [2], [3]]
    np.testing.assert_array_equal(windows.of_markers(5), [0, 0, 1, 2, -1])


@pytest.mark.parametrize("size", [1, 7, 50])
def test_unplaced_markers_keep_their_order(size: int) -> None:
    windows = windows_of_markers(unplaced(Levels.of([f"m{k}" for k in range(23)])), size)
    np.testing.assert_array_equal(windows.order, np.arange(23))
    np.testing.assert_array_equal(windows.of_markers(23), np.arange(23) // size)


def test_no_markers_no_windows() -> None:
    assert len(windows_of_markers(unplaced(Levels.of([])), 5)) == 0
    assert len(windows_of_base_pairs(mapped([None], [0]), 5)) == 0
