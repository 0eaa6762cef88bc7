"""Pruning keeps the ancestors and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from breedeval.levels import Levels
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.prune import prune
from tests.oracles.ancestry import paths
from tests.unit.pedigree.made import pedigree_of, random_parents


@pytest.mark.parametrize("seed", range(5))
def test_those_kept_are_the_wanted_and_their_ancestors(seed: int) -> None:
    sire, dam = random_parents(30, seed)
    pedigree = pedigree_of(sire, dam)
    wanted = [29, 7]
    pruned = prune(pedigree, [*wanted, -1])
    kept = sorted({*wanted, *(a for row in wanted for a, _ in paths(sire, dam, row))})
    assert pruned.individuals.to_list() == [f"i{row}" for row in kept]
    names = [*pruned.individuals.to_list(), None]
    for row, old in enumerate(kept):
        assert names[pruned.sire[row]] == (f"i{sire[old]}" if sire[old] >= 0 else None)
        assert names[pruned.dam[row]] == (f"i{dam[old]}" if dam[old] >= 0 else None)
    np.testing.assert_allclose(
        inbreeding(pruned.sire, pruned.dam).coefficients,
        inbreeding(sire, dam).coefficients[kept], atol=1e-14)
    np.testing.assert_array_equal(pruned.generation, pedigree.generation[kept])


def test_everything_about_an_individual_goes_with_it() -> None:
    pedigree = replace(
        pedigree_of([-1, -1, -1, 0, 1], [-1, -1, -1, 2, 2], [1, 2, 3, 4, 5]),
        groups=Levels.of(["g"]), sire_group=np.array([0, -1, 0, -1, -1], np.int32),
        selfings=np.arange(5, dtype=np.int16), sex=np.array([1, 1, 2, 0, 2], np.int8),
        clone_of={"c": "i1", "k": "i3"}, carried={"breed": pa.array(list("abcde"))})
    pruned = prune(pedigree, [3])
    assert pruned.individuals.to_list() == ["i0", "i2", "i3"]
    assert pruned.sire_group.tolist() == [0, 0, -1]
    assert pruned.birth_year.tolist() == [1, 3, 4]
    assert pruned.selfings is not None
    assert pruned.selfings.tolist() == [0, 2, 3]
    assert pruned.sex.tolist() == [1, 2, 0]
    assert pruned.clone_of == {"k": "i3"}
    assert pruned.carried["breed"].to_pylist() == ["a", "c", "d"]


def test_keeping_everybody_is_no_change() -> None:
    pedigree = pedigree_of([-1, 0], [-1, -1])
    assert prune(pedigree, [1]) is pedigree
