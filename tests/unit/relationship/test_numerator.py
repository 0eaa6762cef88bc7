"""A⁻¹ of a pedigree is refused, with the names, where A has none."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.numerator import from_pedigree, gamma_of_groups


def pedigree(
    sire: list[int], dam: list[int], *, selfings: list[int] | None = None, groups: int = 0
) -> Pedigree:
    n = len(sire)
    none = np.full(n, -1, np.int32)
    founders = np.where(np.array(sire) < 0, 0 if groups else -1, -1).astype(np.int32)
    return Pedigree(
        Levels.of([f"i{k}" for k in range(n)]), np.array(sire, np.int32), np.array(dam, np.int32),
        np.zeros(n, np.int32), np.ones(n, bool), Levels.of([f"g{k}" for k in range(groups)]),
        founders, founders.copy(), none.astype(np.int8), np.full(n, np.nan),
        None if selfings is None else np.array(selfings, np.int16))


def test_the_cross_of_wholly_inbred_lines_is_named() -> None:
    with pytest.raises(InputError) as caught:
        from_pedigree(pedigree([-1, -1, 0], [-1, -1, 1], selfings=[60, 60, 0]))
    assert caught.value.problems == (
        "pedigree: 'i2' has a Mendelian variance of 0: its parents are wholly inbred and determine "
        "it. A⁻¹ needs a variance above zero. Give its parents fewer selfings (8 mean F = 0.996), "
        "or name it under 'clone_of' as a copy of its parent.",)


def test_a_gamma_that_leaves_no_variance_is_named() -> None:
    with pytest.raises(InputError, match="Lower the diagonal of Γ"):
        from_pedigree(pedigree([-1, 0], [-1, -1], groups=1), gamma=np.array([[3.0]]))


def test_rules_without_inbreeding_have_no_such_limit() -> None:
    lines = pedigree([-1, -1, 0], [-1, -1, 1], selfings=[60, 60, 0])
    np.testing.assert_array_equal(from_pedigree(lines, use_inbreeding=False).mendelian,
                                  [1.0, 1.0, 0.5])


def gamma_file(values: list[list[float]]) -> LabelledMatrix:
    return LabelledMatrix("gamma.csv", Levels.of(["north", "south"]), np.array(values))


def test_gamma_is_put_in_the_order_of_the_groups() -> None:
    found = gamma_of_groups(gamma_file([[0.5, 0.1], [0.1 + 1e-8, 0.75]]),
                            Levels.of(["south", "north"]))
    np.testing.assert_allclose(found, [[0.75, 0.1], [0.1, 0.5]], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(found, found.T)


def test_an_asymmetric_gamma_is_refused_with_its_values() -> None:
    with pytest.raises(InputError) as caught:
        gamma_of_groups(gamma_file([[0.5, 0.1], [0.2, 0.75]]), Levels.of(["north", "south"]))
    assert caught.value.problems == (
        "gamma.csv: the matrix is not symmetric: (north, south) is 0.1 and (south, north) is 0.2. "
        "Expected equal values. Correct the file.",)
