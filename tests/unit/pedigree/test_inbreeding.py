"""Order, loops and inbreeding on pedigrees small enough to do by hand."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.pedigree.inbreeding import find_loops, inbreeding, parents_first
from breedeval.pedigree.relationship import relationship_matrix
from tests.oracles.tabular import tetraploid
from tests.unit.pedigree.made import random_parents


def test_an_order_that_is_parents_first_is_kept() -> None:
    found = parents_first([-1, -1, 0, 0, 2], [-1, -1, 1, -1, 3])
    assert found.order.tolist() == [0, 1, 2, 3, 4]
    assert found.generation.tolist() == [0, 0, 1, 1, 2]


def test_parents_standing_late_are_moved_before_their_progeny() -> None:
    found = parents_first([3, -1, -1, 2], [1, -1, -1, -1])
    assert found.order.tolist() == [2, 3, 1, 0]
    assert found.generation.tolist() == [2, 0, 0, 1]


def test_a_chain_as_long_as_the_pedigree() -> None:
    n = 50_000
    sire = np.r_[np.arange(1, n), -1]
    found = parents_first(sire, np.full(n, -1))
    assert found.generation.tolist() == list(range(n - 1, -1, -1))


def test_a_loop_is_told_child_to_parent() -> None:
    sire = [1, 2, 3, 1, -1]
    assert find_loops(sire, [-1] * 5)[0].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="row 1 is its own ancestor"):
        parents_first(sire, [-1] * 5)


def test_every_loop_is_told_in_one_pass() -> None:
    loops = find_loops([0, 2, 1, -1], [-1, -1, -1, 3])
    assert [loop.tolist() for loop in loops] == [[0], [1, 2], [3]]


def test_no_loop() -> None:
    assert find_loops([-1, 0], [-1, -1]) == []
    assert find_loops([], []) == []


def test_full_sib_mating() -> None:
    found = inbreeding([-1, -1, 0, 0, 2, 4], [-1, -1, 1, 1, 3, 0])
    np.testing.assert_array_equal(found.coefficients, [0, 0, 0, 0, 0.25, 0.25])
    np.testing.assert_array_equal(found.mendelian, [1, 1, 0.5, 0.5, 0.5, 0.4375])


def test_selfing_as_a_cross() -> None:
    found = inbreeding([-1, 0, 1, 2], [-1, 0, 1, 2])
    np.testing.assert_array_equal(found.coefficients, [0, 0.5, 0.75, 0.875])
    np.testing.assert_array_equal(found.mendelian, [1, 0.5, 0.25, 0.125])


def test_selfing_generations_equal_selfing_as_a_cross() -> None:
    by_number = inbreeding([-1, -1, 0], [-1, -1, 1], selfings=[0, 0, 3])
    step_by_step = inbreeding([-1, -1, 0, 2, 3, 4], [-1, -1, 1, 2, 3, 4])
    assert by_number.coefficients[-1] == step_by_step.coefficients[-1] == 0.875


def test_founder_lines_and_doubled_haploids() -> None:
    found = inbreeding([-1, -1, 0], [-1, -1, 1], selfings=[np.inf, 4, np.inf])
    np.testing.assert_array_equal(found.coefficients, [1, 1 - 2**-4, 1])
    np.testing.assert_array_equal(found.mendelian, [2, 2 - 2**-4, 0.5 - 0.25 * (2 - 2**-4) + 1])


def test_one_unknown_parent() -> None:
    found = inbreeding([-1, 0], [-1, -1])
    np.testing.assert_array_equal(found.mendelian, [1, 0.75])


def test_metafounders() -> None:
    gamma = np.array([[0.6, 0.2], [0.2, 0.8]])
    found = inbreeding([-1, -1, 0, 0, 1, 2], [-1, -1, 0, 1, 1, 4], gamma=gamma)
    np.testing.assert_allclose(
        found.coefficients, [0.6 - 1, 0.8 - 1, 0.3, 0.1, 0.4, 0.5 * 0.2], atol=1e-15
    )
    np.testing.assert_allclose(found.mendelian[:2], [0.6, 0.8])
    np.testing.assert_allclose(found.mendelian[2], 1 - 0.6 / 2)


def test_nobody() -> None:
    found = inbreeding([], [])
    assert found.coefficients.size == found.mendelian.size == 0


def test_a_parent_after_its_progeny_is_refused() -> None:
    with pytest.raises(ValueError, match="row 0: its parent is row 1"):
        inbreeding([1, -1], [-1, -1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dam": [-1]}, "sire has 2 rows, dam 1"),
        ({"selfings": [0]}, "selfings has shape"),
        ({"selfings": [0, -1]}, "selfings must not be negative"),
        ({"gamma": np.eye(3)}, "gamma has shape"),
        ({"gamma": np.eye(2)}, "metafounder 1 has a parent"),
        ({"threads": 0}, "threads must be at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], message: str) -> None:
    arguments = {"sire": [-1, 0], "dam": [-1, -1]} | changes
    with pytest.raises(ValueError, match=message):
        inbreeding(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("reduction", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_autotetraploids_by_the_tabular_method(reduction: float, seed: int) -> None:
    """Unknown parents and selfings among them; any number of threads."""
    sire, dam = random_parents(60, seed)
    a = tetraploid(list(sire), list(dam), reduction)
    found = inbreeding(sire, dam, reduction=reduction)
    np.testing.assert_allclose(1 + found.coefficients, np.diagonal(a), rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        relationship_matrix(sire, dam, found.mendelian), a, rtol=0, atol=1e-13)
    again = inbreeding(sire, dam, reduction=reduction, threads=2)
    np.testing.assert_array_equal(again.mendelian, found.mendelian)
