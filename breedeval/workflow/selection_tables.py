"""Tables and figures of a selection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.selection.index import Information
from breedeval.selection.ranking import Goal, Ranking
from breedeval.selection.responses import (
    covariance_within,
    response,
    strength,
    superiority,
)
from breedeval.workflow.candidacy import EVERYBODY, Candidacy

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scheme:
    """An index and whom it selects.

    Parameters
    ----------
    name : str
    goal : Goal
    ranking : Ranking
    shares : ndarray of float64, shape (n,)
        Contributions.
    """

    name: str
    goal: Goal
    ranking: Ranking
    shares: Vector

    @property
    def deviation(self) -> float:
        """√b′Pb of the index of the most usual candidates."""
        b = self.ranking.coefficients
        return self.ranking.information.deviation(b[np.isfinite(b)])


def selection_table(
    among: Candidacy, shares: Vector, uses: NDArray[np.int64] | None = None
) -> pd.DataFrame:
    """One row a candidate, the best first.

    individual, rank, rank_in_sex (where there are sexes), what is known of it, its criteria,
    index, accuracy and reliability of the index, selected, contribution; matings, where there are
    whole numbers of them.
    """
    frame = among.frame.assign(selected=shares > 0, contribution=shares)
    if uses is not None:
        frame["matings"] = uses
    frame = frame[among.mask]
    frame = frame.sort_values("index", ascending=False, kind="stable").reset_index(drop=True)
    frame.insert(1, "rank", np.arange(1, len(frame) + 1))
    if EVERYBODY not in among.sexes:
        frame.insert(2, "rank_in_sex", frame.groupby("sex").cumcount() + 1)
    return frame


def index_table(among: Candidacy, schemes: Sequence[Scheme], interval: float) -> pd.DataFrame:
    """Weights and expected responses of every index: a row an index × criterion.

    index, criterion, weight, coefficient, genetic_sd, mean_candidates, mean_selected, response,
    response_in_sd, response_per_year, predicted_response. ``weight`` is a per unit of the
    criterion, or the gain wanted; ``coefficient`` is b; ``response`` the expected change in a
    generation by the breeding values of the selected, ``predicted_response`` what theory makes of
    the intensity reached, i G′b/√(b′Pb).
    """
    return pd.DataFrame([row for scheme in schemes for row in _rows(among, scheme, interval)])


def _rows(among: Candidacy, scheme: Scheme, interval: float) -> Iterator[dict[str, Any]]:
    values = among.criteria.values
    deviations = np.sqrt(np.diagonal(among.criteria.genetic))
    gains = response(values, among.sexes, scheme.shares)
    unselected = response_base(among)
    predicted = _predicted(among, scheme)
    weights = scheme.goal.weights
    if scheme.goal.gains is not None:
        weights = np.zeros(len(deviations))
        weights[scheme.goal.of] = scheme.goal.gains
    for k, name in enumerate(among.criteria.names):
        yield {"index": scheme.name, "criterion": name, "weight": weights[k],
               "coefficient": _coefficient(among, scheme, k), "genetic_sd": deviations[k],
               "mean_candidates": unselected[k], "mean_selected": unselected[k] + gains[k],
               "response": gains[k], "response_in_sd": gains[k] / deviations[k],
               "response_per_year": gains[k] / interval, "predicted_response": predicted[k]}


def response_base(among: Candidacy) -> Vector:
    """Mean of the candidates, each sex with the same share, shape (k,)."""
    found: Vector = np.mean([among.criteria.values[mask].mean(axis=0)
                             for mask in among.sexes.values() if mask.any()], axis=0)
    return found


def _predicted(among: Candidacy, scheme: Scheme) -> Vector:
    """i G′b/√(b′Pb); P and G are those among the candidates where b is made for these."""
    gained = response(scheme.ranking.values[:, None], among.sexes, scheme.shares)[0]
    information, b = scheme.ranking.information, scheme.ranking.coefficients
    if scheme.ranking.reliable is not None and not scheme.goal.plain:
        spread = covariance_within(among.criteria.values, among.sexes)
        information = Information(spread, spread, among.criteria.genetic)
    b = b[np.isfinite(b)]
    found: Vector = gained / (information.deviation(b) or 1.0) * information.response(b)
    return found


def _coefficient(among: Candidacy, scheme: Scheme, k: int) -> float:
    """b of a criterion; of its trait where the index is one of phenotypes."""
    b, sources = scheme.ranking.coefficients, among.sources
    name = among.criteria.names[k] if sources == among.criteria.names else (
        among.criteria.cells[k][0].names[2])
    return float(b[sources.index(name)]) if name in sources else float("nan")


def facts(among: Candidacy, scheme: Scheme, interval: float) -> dict[str, Any]:
    """What the summary says of a selection."""
    index = scheme.ranking.values
    strengths = {sex: strength(index, mask, scheme.shares, scheme.deviation)
                 for sex, mask in among.sexes.items() if mask.any()}
    a = scheme.goal.aggregate(scheme.ranking.coefficients)
    return {
        "criteria": list(among.criteria.names),
        "individuals": len(among.frame), "candidates": int(among.mask.sum()),
        "left_out": dict(among.left_out),
        "selected": {sex: one.selected for sex, one in strengths.items()},
        "intensity": {sex: asdict(one) for sex, one in strengths.items()},
        "index_mean": {sex: _means(index, among, sex, scheme.shares) for sex in strengths},
        "index_sd": scheme.deviation, "accuracy": _accuracy(scheme, a),
        "generation_interval": interval,
    }


def _means(index: Vector, among: Candidacy, sex: str, shares: Vector) -> dict[str, float]:
    mask = among.sexes[sex]
    mean = float(index[mask].mean())
    return {"candidates": mean,
            "selected": mean + float(superiority(index[:, None], mask, shares)[0])}


def _accuracy(scheme: Scheme, a: Vector) -> float | None:
    """Correlation of the index with the aggregate, for the most usual candidates."""
    if not np.isfinite(scheme.ranking.accuracy).any():
        return None
    b = scheme.ranking.coefficients
    return scheme.ranking.information.accuracy(b[np.isfinite(b)], a)
