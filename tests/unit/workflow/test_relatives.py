"""What the page is given of coancestry is that of the candidates, in the order of their table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.result import Evaluation
from breedeval.selection.compact import Compact
from breedeval.workflow import relatives
from tests.oracles.compact_coancestry import mean_of
from tests.unit.workflow.test_selection import dense, evaluated

SELECTION: dict[str, Any] = {
    "index": {"weights": {"milk": 1}}, "select": {"females": 5, "males": 2},
    "candidates": {"where": ["birth_year >= 2001"]}}


def as_the_page_says(found: Evaluation) -> float:
    return mean_of(Compact(**found.coancestry),
                   found.decisions["selection"]["contribution"].to_numpy())


@pytest.mark.parametrize("more", [
    {}, {"mating": {"max_per_male": 4}}, {"contributions": {"max_coancestry": 0.2}}])
def test_mean_coancestry_of_the_selected(more: dict[str, Any]) -> None:
    found = evaluated({**SELECTION, **more})
    names, _, _, a = dense()
    table = found.decisions["selection"]
    rows = names.get_indexer(table["individual"])
    c = table["contribution"].to_numpy()
    assert as_the_page_says(found) == pytest.approx(c @ a[np.ix_(rows, rows)] @ c / 2, abs=1e-12)
    if "contributions" in more:
        assert as_the_page_says(found) == pytest.approx(
            found.summary["contributions"]["coancestry"], abs=1e-12)


def supplied() -> Evaluation:
    """A relationship that is given as a matrix."""
    random = np.random.default_rng(4)
    wide = random.normal(size=(12, 40))
    names = [f"l{k}" for k in range(12)]
    matrix = pd.DataFrame(wide @ wide.T / 40 + 0.1 * np.eye(12), index=names, columns=names)
    return breedeval.evaluate(
        pd.DataFrame({"line": names, "yield": random.normal(size=12)}),
        matrices={"mine": matrix},
        variances={"line": 1.0, "residual": 1.0},
        model={"traits": ["yield"], "random": [
            {"name": "line", "column": "line", "relationship": "mine"}]},
        selection={"index": {"weights": {"yield": 1}}, "select": 4})


def test_nothing_is_factorised_for_a_page_when_it_is_large(monkeypatch: pytest.MonkeyPatch
                                                            ) -> None:
    assert supplied().coancestry["kind"] == "matrix"
    monkeypatch.setattr(relatives, "LARGEST", 10)
    assert supplied().coancestry == {}
