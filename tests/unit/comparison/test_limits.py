"""Limits on what may move, and the verdict."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from breedeval.comparison import compare
from breedeval.comparison.limits import Limits
from tests.unit.comparison.made import SETTINGS, breeding_values, results

OLD = np.random.default_rng(1).normal(0, 3, 400)


def verdict(new, *, names=None, status="done", **limits):
    old = results(breeding_values(OLD))
    other = results(breeding_values(new, names=names), summary={"status": status})
    return compare(old, other, old_settings=SETTINGS, new_settings=SETTINGS,
                   limits=Limits(**limits)).verdict


def found(checked, limit):
    check, = (check for check in checked.checks if check.limit == limit)
    return check


def test_the_same_values_keep_every_limit():
    checked = verdict(OLD, min_correlation=1, min_rank_correlation=1, max_mean_change=0,
                      max_sd_change=0, max_slope_change=0, max_reliability_loss=0, max_top_lost=0,
                      max_moved=0, max_lost=0)
    assert checked.passed
    assert len(checked.checks) == 10
    assert all(check.kept for check in checked.checks)


def test_each_limit_is_measured_as_it_says():
    sd = OLD.std(ddof=1)
    checked = verdict(OLD + 0.5, max_mean_change=0.1, max_moved=0)
    assert found(checked, "max_mean_change").found == pytest.approx(0.5 / sd)
    assert found(checked, "max_moved").kept  # all moved together
    assert not checked.passed
    checked = verdict(1.2 * OLD, max_sd_change=0.1, max_slope_change=0.1, min_rank_correlation=1)
    assert found(checked, "max_sd_change").found == pytest.approx(0.2)
    assert found(checked, "max_slope_change").found == pytest.approx(0.2)
    assert found(checked, "min_rank_correlation").kept


def test_individuals_that_moved_and_the_top():
    new = OLD.copy()
    best = np.argsort(-OLD)[:10]
    new[best[:3]] -= 20
    checked = verdict(new, top=10, max_top_lost=0.25, max_moved=0.01, moved_beyond=2.0)
    assert found(checked, "max_top_lost").found == pytest.approx(0.3)
    assert found(checked, "max_moved").found == pytest.approx(3 / 400)
    assert found(checked, "max_moved").kept
    assert not checked.passed
    assert verdict(new, top=1000, max_top_lost=0.0).passed  # the top is everybody


def test_individuals_that_are_gone():
    names = [f"A{k + 1}" for k in range(390)]
    assert found(verdict(OLD[:390], names=names, max_lost=9), "max_lost").found == 10
    assert verdict(OLD[:390], names=names, max_lost=10).passed
    nobody = [f"B{k}" for k in range(400)]
    assert not verdict(OLD, names=nobody, max_lost=0).passed


def test_what_cannot_be_computed_is_not_kept():
    checked = verdict(np.full(400, 2.0), min_correlation=-1)
    assert found(checked, "min_correlation").found is None
    assert not checked.passed


def test_a_run_that_is_not_done():
    assert not verdict(OLD, status="not converged").passed
    assert verdict(OLD, status="not converged", require_done=False).passed


def test_limits_are_checked():
    with pytest.raises(ValidationError):
        Limits(min_correlation=2)
    with pytest.raises(ValidationError):
        Limits(least_correlation=0.5)
