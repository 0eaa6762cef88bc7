"""Fronts, small and large, of one subtree and of many, against dense algebra; compiled and not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from breedeval.kernels import blocks, fronts
from breedeval.solve import block_work, schedule
from breedeval.solve.block_work import factorise_blocks, invert_blocks
from breedeval.solve.symbolic import Structure, build_structure, count_columns
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense

ROOT = Path(__file__).resolve().parents[3]
COMPILED = hasattr(fronts.factorise_fronts, "py_func")
ANIMALS = 300 if COMPILED else 40


def _structure(lower: sparse.csc_array) -> Structure:
    return build_structure(count_columns(lower, np.arange(lower.shape[0])))


def _filled(lower: sparse.csc_array, structure: Structure) -> np.ndarray:
    values = np.zeros(structure.stored)
    values[structure.places(lower.indptr, lower.indices)] = lower.data
    return values


def _entries(structure: Structure, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the entries in the matrix in the order of the pivots, and the entries."""
    row, column, value = blocks.list_entries(structure.layout, values)
    return np.stack([row, column]), value


@pytest.mark.parametrize("cut", ["whole", "cut"])
@pytest.mark.parametrize("limit", ["small", "large"])
def test_factor_and_inverse_are_the_dense_ones(
    cut: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut into subtrees and a top, and with blocks that are left to the library."""
    if limit == "large" and not COMPILED:
        monkeypatch.setattr(fronts, "LIMIT", 300)
    if cut == "cut":
        monkeypatch.setattr(schedule, "SMALL", 0.0)
    lower = animal_system(ANIMALS, herd_size=10)
    if limit == "large" and COMPILED:
        lower = sparse.csc_array(sparse.block_diag(
            [lower, sparse.csc_array(np.tril(_definite(90)))]))
    structure = _structure(lower)
    assert bool(structure.schedule.top) == (cut == "cut")
    matrix = dense(lower)[np.ix_(structure.order, structure.order)]
    values = _filled(lower, structure)
    assert factorise_blocks(structure, values, threads=1) == -1
    places, found = _entries(structure, values)
    np.testing.assert_allclose(found, np.linalg.cholesky(matrix)[tuple(places)], atol=1e-10)
    invert_blocks(structure, values, threads=1)
    places, found = _entries(structure, values)
    inverse = np.linalg.inv(matrix)
    np.testing.assert_allclose(
        found, inverse[tuple(places)], rtol=0, atol=1e-12 * np.abs(inverse).max())


def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of subtrees side by side, and of what is on top of them."""
    for module in (schedule, block_work):
        monkeypatch.setattr(module, "SMALL", 0.0)
    lower = animal_system(ANIMALS, herd_size=10)
    structure = _structure(lower)
    assert len(structure.schedule.subtrees) > 1
    found = []
    for threads in (1, 2):
        values = _filled(lower, structure)
        factorise_blocks(structure, values, threads=threads)
        invert_blocks(structure, values, threads=threads)
        found.append(blocks.list_entries(structure.layout, values)[2])
    np.testing.assert_array_equal(*found)


def _definite(size: int) -> np.ndarray:
    root = np.random.default_rng(7).normal(size=(size, size))
    return root @ root.T + size * np.eye(size)


def test_the_first_bad_pivot_is_told() -> None:
    matrix = _definite(30)
    matrix[17, 17] = -1.0
    lower = sparse.csc_array(np.tril(matrix))
    structure = _structure(lower)
    assert factorise_blocks(structure, _filled(lower, structure), threads=1) == 17


def test_where_rows_stand_in_the_parent() -> None:
    structure = _structure(animal_system(ANIMALS, herd_size=10))
    parent, start, place = structure.schedule.tree
    below = structure.row_start + structure.width
    for s in range(parent.size):
        own = structure.rows[below[s]:structure.row_start[s] + structure.height[s]]
        if own.size:
            assert parent[s] == structure.home[own[0]]
            first = structure.row_start[parent[s]]
            np.testing.assert_array_equal(
                structure.rows[first + place[start[s]:start[s + 1]]], own)
        else:
            assert parent[s] == -1


@pytest.mark.skipif(not COMPILED, reason="not compiled itself")
def test_the_same_without_compilation() -> None:
    """Where numba is switched off, the same functions run as Python."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False)
    assert done.returncode == 0, done.stdout
