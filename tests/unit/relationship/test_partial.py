"""Partial relationships of crossbreds against the tabular method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.kind import Sources
from breedeval.relationship.partial import PartialSettings, from_pedigree
from tests.oracles.dense_inverse import dense, dense_inverse
from tests.oracles.tabular import group_fractions, partial
from tests.unit.pedigree.made import pedigree_of, random_parents

BREEDS = Levels.of(["x", "y", "z"])


def crossbreds(seed: int, count: int = 3) -> Pedigree:
    """Fifty individuals of some breeds; the first twelve are pure founders."""
    rng = np.random.default_rng(seed)
    sire, dam = random_parents(50, seed)
    sire[:12] = dam[:12] = -1
    sire[dam == sire] = -1
    group = (np.arange(50) % count).astype(np.int32)
    same = (sire < 0) & (dam < 0)
    sire_group = np.where(sire < 0, group, -1).astype(np.int32)
    dam_group = np.where(dam < 0, np.where(same, group, rng.integers(0, count, 50)), -1)
    return replace(pedigree_of(sire, dam), groups=BREEDS, sire_group=sire_group,
                   dam_group=dam_group.astype(np.int32))


def shares_of(people: Pedigree) -> np.ndarray:
    return group_fractions(list(people.sire), list(people.dam), list(people.sire_group),
                           list(people.dam_group), 3)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("breeds", [("x",), ("y",), ("x", "y"), ("y", "x")])
def test_the_tabular_method(seed: int, breeds: tuple[str, ...]) -> None:
    people = crossbreds(seed, 4 - len(breeds))
    f = shares_of(people)[:, BREEDS.codes(list(breeds))]
    a = partial(list(people.sire), list(people.dam), f[:, 0], f[:, 1] if len(breeds) > 1 else None)
    found = from_pedigree(people, breeds)
    rows = np.flatnonzero(np.diagonal(a) > 1e-12)
    np.testing.assert_array_equal(found.rows, rows)
    expected = a[np.ix_(rows, rows)]
    np.testing.assert_allclose(found.variance, np.diagonal(expected), rtol=0, atol=1e-12)
    np.testing.assert_allclose(dense_inverse(found.lower()), expected, rtol=0, atol=1e-9)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(expected)[1], abs=1e-9)
    x = np.arange(rows.size, dtype=float)
    np.testing.assert_allclose(found.product(x), dense(found.lower()) @ x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        found.diagonal(), np.diagonal(dense(found.lower())), rtol=0, atol=1e-12)


def test_the_breeds_together_have_the_genes_of_everybody() -> None:
    """Without crossbred parents the relationships of the breeds sum to A."""
    sire = np.array([-1, -1, -1, -1, 0, 1], np.int32)
    dam = np.array([-1, -1, -1, -1, 2, 3], np.int32)
    group = np.array([0, 0, 1, 2, -1, -1], np.int32)
    people = replace(pedigree_of(sire, dam), groups=BREEDS, sire_group=group,
                     dam_group=group.copy())
    total = np.zeros((6, 6))
    for breed in BREEDS.to_list():
        found = from_pedigree(people, (breed,))
        total[np.ix_(found.rows, found.rows)] += dense_inverse(found.lower())
    a = np.eye(6)
    for child, one, other in ((4, 0, 2), (5, 1, 3)):
        a[child, [one, other]] = a[[one, other], child] = 0.5
    np.testing.assert_allclose(total, a, rtol=0, atol=1e-12)


def test_those_without_genes_of_the_breed_have_no_level() -> None:
    people = replace(crossbreds(1), clone_of={"copy": "i0"})
    members = PartialSettings(breeds=("x",)).members("breed", Sources(people))
    f = shares_of(people)[:, 0]
    assert members.levels.to_list() == [f"i{k}" for k in np.flatnonzero(f > 0)]
    assert set(members.without.to_list()) | set(members.levels.to_list()) | {"copy"} == {
        *people.individuals.to_list(), "copy"}
    assert ("copy" in members.aliases) != ("copy" in members.without.to_list())


def test_faults_are_named() -> None:
    people = crossbreds(1)
    with pytest.raises(InputError, match="w is no group of the pedigree"):
        from_pedigree(people, ("w",))
    nobody = replace(people, sire_group=np.full(50, -1, np.int32))
    with pytest.raises(InputError, match="have an unknown parent of no breed: i0"):
        from_pedigree(nobody, ("x",))
    pure = replace(people, sire=np.full(50, -1, np.int32), dam=np.full(50, -1, np.int32),
                   sire_group=np.zeros(50, np.int32), dam_group=np.zeros(50, np.int32))
    with pytest.raises(InputError, match="nobody has a crossbred parent of x and y"):
        from_pedigree(pure, ("x", "y"))
    with pytest.raises(InputError, match="nobody has genes of y"):
        from_pedigree(pure, ("y",))
