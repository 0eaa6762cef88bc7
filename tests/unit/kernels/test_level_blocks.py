"""What the records of a level tell of its own cells, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from breedeval.kernels.level_blocks import level_information

ROOT = Path(__file__).resolve().parents[3]
LEVELS, WIDTH, TRAITS = 5, 3, 2


def example() -> tuple[np.ndarray, ...]:
    """Twelve records of one or two traits; levels may occur twice in a row, or not at all."""
    rng = np.random.default_rng(7)
    sizes = rng.integers(1, TRAITS + 1, 12)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    trait = np.concatenate([np.sort(rng.permutation(TRAITS)[:size]) for size in sizes])
    places = rng.integers(-4, LEVELS * WIDTH, (trait.size, 4)).clip(-1).astype(np.int32)
    root = rng.normal(size=(2, TRAITS, TRAITS))
    return (places, rng.normal(size=places.shape), start, trait.astype(np.int32),
            rng.integers(0, 2, 12).astype(np.int32), root @ root.transpose(0, 2, 1))


def test_it_is_the_diagonal_of_the_information() -> None:
    places, values, start, trait, group, blocks = example()
    z = np.zeros((trait.size, LEVELS * WIDTH))
    for row, column in np.ndindex(*places.shape):
        if places[row, column] >= 0:
            z[row, places[row, column]] += values[row, column]
    weight = np.zeros((trait.size,) * 2)
    for record, block in enumerate(group):
        own = slice(start[record], start[record + 1])
        weight[own, own] = blocks[block][np.ix_(trait[own], trait[own])]
    whole = z.T @ weight @ z
    found = level_information(places, values, start, trait, group, blocks, LEVELS, WIDTH)
    for level in range(LEVELS):
        own = slice(level * WIDTH, (level + 1) * WIDTH)
        np.testing.assert_allclose(found[level], whole[own, own], rtol=0, atol=1e-13)


def test_it_is_the_same_without_compiling() -> None:
    code = ("import sys; sys.path.insert(0, '.');"
            "from tests.unit.kernels.test_level_blocks import test_it_is_the_diagonal_of_the_"
            "information as test; test()")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT,
                   env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
