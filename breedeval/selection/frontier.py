"""The frontier of gain against coancestry: from the least coancestry to the highest merit.

Points lie at k = k₀ + (k₁ − k₀)(j/(p − 1))², j = 0, …, p − 1, between the least coancestry k₀ and
that of the highest merit k₁, closer together where merit rises fast: it rises with a root of k − k₀
as long as the same candidates are used. Each is an optimum with its own certificate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.selection.coancestry import Coancestry
from breedeval.selection.contributions import (
    Optimum,
    least_coancestry,
    optimal_contributions,
    present_coancestry,
)
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]


def frontier(
    merit: Vector, coancestry: Coancestry, shares: Shares, points: int
) -> Iterator[Optimum]:
    """Optima from the least coancestry on, each found from the one before.

    Parameters
    ----------
    merit : ndarray of float64, shape (n,)
    coancestry : Coancestry
    shares : Shares
    points : int
        p, 2 or more.
    """
    least = least_coancestry(merit, coancestry, shares)
    yield least
    highest = optimal_contributions(merit, coancestry, shares, np.inf)
    room, before = highest.coancestry - least.coancestry, least
    for j in range(1, points - 1):
        limit = least.coancestry + room * (j / (points - 1)) ** 2
        if room <= 1e-12 or limit <= before.coancestry:
            continue
        before = optimal_contributions(merit, coancestry, shares, limit, near=before)
        yield before
    yield highest


def frontier_table(
    optima: list[Optimum], merit: Vector, coancestry: Coancestry, shares: Shares,
    chosen: Optimum | None = None,
) -> pd.DataFrame:
    """One row a point, least coancestry first, and a row for what was chosen.

    coancestry; delta_f, its rise above that of the candidates as a part of what is left to 1;
    index, the mean of the parents; response, how much it is above that of the candidates; parents;
    a column for the parents of each sex; largest, the largest contribution; price, the index that a
    hundredth more coancestry brings; gap, by how much the optimum could at most be better; chosen.
    """
    present = present_coancestry(coancestry, shares)
    mean = float(shares.even() @ merit)
    listed = [*optima, *([] if chosen is None else [chosen])]
    rows = [_row(one, mean, present, shares, one is chosen) for one in listed]
    frame = pd.DataFrame(rows).sort_values(["coancestry", "chosen"], kind="stable")
    return frame.reset_index(drop=True)


def _row(
    one: Optimum, mean: float, present: float, shares: Shares, chosen: object
) -> dict[str, object]:
    used = one.contributions > 0
    sexes = {f"parents_{name}": int(used[shares.members(group)].sum())
             for group, name in enumerate(shares.names)} if len(shares.names) > 1 else {}
    return {"coancestry": one.coancestry, "delta_f": (one.coancestry - present) / (1 - present),
            "index": one.gain, "response": one.gain - mean, "parents": one.parents, **sexes,
            "largest": float(one.contributions.max(initial=0.0)),
            "price": one.multiplier / 100 if np.isfinite(one.multiplier) else np.nan,
            "gap": max(one.certificate.gap, 0.0) if np.isfinite(one.multiplier) else 0.0,
            "chosen": bool(chosen)}
