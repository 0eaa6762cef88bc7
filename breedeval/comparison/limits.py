"""Limits that a new evaluation must keep against the old one, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from breedeval.comparison.movement import Pairs, agreement
from breedeval.model.form import Part

DONE = "done"
ROUNDING = 1e-12
"""A limit that is missed by less is kept."""


class Limits(Part):
    """Limits on what may move between two evaluations; those that are absent are not looked at.

    Changes are in standard deviations of the old breeding values. Each is of every effect,
    component and trait.
    """

    require_done: bool = Field(
        True, description="Whether the status of the new run must be 'done'.", examples=[False])
    min_correlation: float | None = Field(
        None, ge=-1, le=1, description="Correlation of old and new breeding values.",
        examples=[0.99])
    min_rank_correlation: float | None = Field(
        None, ge=-1, le=1, description="The same of ranks.", examples=[0.98])
    max_mean_change: float | None = Field(
        None, ge=0, description="Mean change, up or down.", examples=[0.05])
    max_sd_change: float | None = Field(
        None, ge=0, description="Change of the standard deviation of breeding values, as a share "
        "of the old one, up or down.", examples=[0.05])
    max_slope_change: float | None = Field(
        None, ge=0, description="How far the regression of new on old values may be from 1.",
        examples=[0.05])
    max_reliability_loss: float | None = Field(
        None, ge=0, le=1, description="Fall of the mean reliability.", examples=[0.01])
    top: int = Field(100, ge=1, description="How many are the top.", examples=[50])
    max_top_lost: float | None = Field(
        None, ge=0, le=1, description="Share of the old top that is not in the new one.",
        examples=[0.1])
    moved_beyond: float = Field(
        1.0, gt=0, description="Change beyond the mean change at which an individual has moved.",
        examples=[0.5])
    max_moved: float | None = Field(
        None, ge=0, le=1, description="Share of the individuals that have moved.",
        examples=[0.01])
    max_lost: int | None = Field(
        None, ge=0, description="Individuals in the old evaluation that are not in the new one.",
        examples=[0])


@dataclass(frozen=True)
class Check:
    """One limit of one effect, component and trait: what it allows, what was found, and how it is.

    ``found`` is None where it could not be computed; the limit is then not kept. Of the status
    there is no number, and no effect.
    """

    limit: str
    effect: str
    component: str
    trait: str
    allowed: float | None
    found: float | None
    kept: bool
    words: str


@dataclass(frozen=True)
class Verdict:
    """Whether all limits are kept, and each of them."""

    passed: bool
    checks: tuple[Check, ...]


def judge(pairs: Sequence[Pairs], limits: Limits, status: str) -> Verdict:
    """Hold a comparison against limits.

    Parameters
    ----------
    pairs : sequence of Pairs
        Breeding values of both, by effect, component and trait.
    limits : Limits
    status : str
        Of the new run.
    """
    checks: list[Check] = []
    if limits.require_done:
        kept = status == DONE
        checks.append(Check("require_done", "", "", "", None, None, kept,
                            f"the new run is '{status}'"))
    for pair in pairs:
        checks += _checks(pair, limits)
    return Verdict(all(check.kept for check in checks), tuple(checks))


def _checks(pair: Pairs, limits: Limits) -> Iterator[Check]:
    """Those of one effect, component and trait; of one that is new there is nothing to check."""
    if len(pair.old):
        for name, words, found, most in _found(pair, limits):
            allowed = getattr(limits, name)
            if allowed is not None:
                known = bool(np.isfinite(found))
                kept = known and (found <= allowed + ROUNDING if most
                                  else found >= allowed - ROUNDING)
                yield Check(name, *pair.key, allowed, float(found) if known else None, kept, words)
    if limits.max_lost is not None and (pair.only_old or len(pair.old)):
        yield Check("max_lost", *pair.key, limits.max_lost, pair.only_old,
                    pair.only_old <= limits.max_lost, "individuals no longer there")


def _found(pair: Pairs, limits: Limits) -> Iterator[tuple[str, str, float, bool]]:
    """Every limit with what was found, and whether it is the most that is allowed."""
    seen = {name: float(value) for name, value in agreement(pair).items()
            if isinstance(value, (int, float))}
    still = seen["largest_change"] == 0.0
    sd = seen["sd_old"] if seen["sd_old"] > 0 else float("nan")
    change = np.abs(pair.beyond_mean)
    yield "min_correlation", "correlation", 1.0 if still else seen["correlation"], False
    yield ("min_rank_correlation", "rank correlation",
           1.0 if still else seen["rank_correlation"], False)
    yield ("max_mean_change", "mean change, in sd",
           0.0 if still else abs(seen["mean_change"]) / sd, True)
    yield ("max_sd_change", "change of the sd, as a share",
           0.0 if still else abs(seen["sd_new"] / sd - 1.0), True)
    yield ("max_slope_change", "regression of new on old, from 1",
           0.0 if still else abs(seen["slope"] - 1.0), True)
    yield ("max_reliability_loss", "fall of the mean reliability",
           seen["reliability_old"] - seen["reliability_new"], True)
    yield ("max_top_lost", f"share of the top {limits.top} lost", _top_lost(pair, limits.top),
           True)
    yield ("max_moved", f"share moved by more than {limits.moved_beyond:g} sd",
           0.0 if still else float(np.mean(change > limits.moved_beyond * sd))
           if np.isfinite(sd) else float("nan"), True)


def _top_lost(pair: Pairs, top: int) -> float:
    """Share of the highest of the old, of those in both, that are not among the new ones."""
    count = min(top, len(pair.old))
    before, after = (_highest(table["breeding_value"].to_numpy(np.float64), count)
                     for table in (pair.old, pair.new))
    return 1.0 - float(np.mean(after[before]))


def _highest(values: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """The ``count`` highest, and those that are as high as the last of them."""
    return np.asarray(values >= np.partition(values, values.size - count)[values.size - count])
