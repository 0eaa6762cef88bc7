"""Choosing parents and mating them."""

import numpy as np
import pytest

from breedeval.simulation.mating import best, best_within, dams_of_slots, wanted


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize(("amount", "candidates", "number"), [
    (0.1, 50, 5), (0.001, 50, 1), (0.999, 50, 50), (1, 50, 1), (7, 50, 7), (80, 50, 50)])
def test_a_fraction_is_below_one_and_a_number_from_one_on(amount, candidates, number):
    assert wanted(amount, candidates) == number


def test_best_takes_the_highest_merit(rng):
    candidates = np.array([10, 11, 12, 13], np.int32)
    assert set(best(candidates, np.array([3.0, 9.0, 1.0, 5.0]), 2, rng)) == {11, 13}


def test_equal_merit_is_decided_by_lot():
    candidates = np.arange(20, dtype=np.int32)
    taken = {tuple(sorted(best(candidates, np.zeros(20), 5, np.random.default_rng(seed))))
             for seed in range(5)}
    assert len(taken) == 5


def test_best_within_takes_the_same_part_of_every_herd(rng):
    herd = np.repeat(np.arange(3, dtype=np.int32), [4, 8, 12])
    merit = rng.random(24) + 10.0 * herd  # a better herd gets no more places
    taken = best_within(np.arange(24, dtype=np.int32), merit, herd, 12, rng)
    assert np.bincount(herd[taken]).tolist() == [2, 4, 6]
    for place in range(3):
        inside = herd == place
        others = np.setdiff1d(np.flatnonzero(inside), taken)
        assert merit[taken[herd[taken] == place]].min() > merit[others].max()


def test_dams_stay_in_their_herd_and_take_turns(rng):
    slots = np.repeat(np.arange(2, dtype=np.int32), [6, 2])
    dams = np.array([5, 6, 7, 8, 9], np.int32)
    dam_herd = np.array([1, 0, 0, 1, 0], np.int32)
    mates = dams_of_slots(slots, dams, dam_herd, rng)
    assert sorted(mates[:6]) == [6, 6, 7, 7, 9, 9]
    assert sorted(mates[6:]) == [5, 8]


def test_a_herd_without_dams_takes_them_from_others(rng):
    mates = dams_of_slots(np.array([0, 1, 1], np.int32), np.array([3], np.int32),
                          np.array([0], np.int32), rng)
    assert mates.tolist() == [3, 3, 3]
