"""Divisions of records into folds."""

from __future__ import annotations

import numpy as np

from breedeval.validation.folds import class_folds, forward_folds, random_folds


def test_every_individual_is_in_one_fold_of_a_repeat_with_all_its_rows() -> None:
    individuals = np.array([3, 3, 0, 1, -1, 2, 4, 5, 6, 0], np.int32)
    folds = random_folds(individuals, folds=3, repeats=2, seed=5)
    assert [fold.repeat for fold in folds] == [1, 1, 1, 2, 2, 2]
    for repeat in (1, 2):
        own = [fold for fold in folds if fold.repeat == repeat]
        times = np.sum([fold.hidden for fold in own], axis=0)
        np.testing.assert_array_equal(times, individuals >= 0)
        sizes = [np.unique(individuals[fold.hidden]).size for fold in own]
        assert max(sizes) - min(sizes) <= 1
        for fold in own:
            assert fold.hidden[0] == fold.hidden[1]
            assert fold.hidden[2] == fold.hidden[9]


def test_the_seed_and_the_repeat_decide() -> None:
    individuals = np.arange(50, dtype=np.int32)
    one, again = (random_folds(individuals, folds=5, repeats=3, seed=1) for _ in range(2))
    other = random_folds(individuals, folds=5, repeats=3, seed=2)
    assert all((a.hidden == b.hidden).all() for a, b in zip(one, again, strict=True))
    assert any((a.hidden != b.hidden).any() for a, b in zip(one, other, strict=True))
    assert (one[0].hidden != one[5].hidden).any()


def test_classes_are_left_out_in_turn_and_absent_ones_are_none() -> None:
    folds = class_folds(np.array([0, 2, -1, 0], np.int32), ["a", "b", "c"])
    assert [fold.label for fold in folds] == ["a", "c"]
    np.testing.assert_array_equal(folds[0].hidden, [True, False, False, True])


def test_the_future_is_hidden_and_predicted_until_the_next_start() -> None:
    years = np.array([2017, 2018, np.nan, 2019, 2020, 2021])
    early, late = forward_folds(years, [2018, 2020])
    np.testing.assert_array_equal(early.hidden, [False, True, False, True, True, True])
    np.testing.assert_array_equal(early.tested, [False, True, False, True, False, False])
    np.testing.assert_array_equal(late.hidden, late.tested)
    assert (early.label, late.label) == ("2018", "2020")
