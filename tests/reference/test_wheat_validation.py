"""Predictive ability of lines left out, against rrBLUP fold by fold."""

from __future__ import annotations

import pytest

from tests.reference.running import answers, evaluate

TOLERANCE = 5e-4
"""The other program stops its search for the variance ratio early."""


@pytest.mark.parametrize("model", ["genomic", "pedigree"])
def test_predictive_ability_of_every_fold(model: str) -> None:
    table = evaluate("wheat_validation").validation
    own = table[(table["model"] == model) & (table["statistic"] == "predictive_ability")]
    found = own.set_index("fold")["estimate"]
    for fold, known in answers("wheat_cross_validation")[model].items():
        assert found[fold] == pytest.approx(known["predictive_ability"], abs=TOLERANCE)


def test_markers_predict_better_than_the_pedigree() -> None:
    """As published (Crossa et al. 2010): both together best, markers above the pedigree."""
    table = evaluate("wheat_validation").validation
    overall = table[(table["fold"] == "") & (table["statistic"] == "predictive_ability")]
    own = overall[overall["compared_with"] == ""].set_index("model")["estimate"]
    assert own["pedigree"] < own["genomic"] < own["both"]
    better = overall[overall["compared_with"] == "pedigree"]
    assert (better["lower"] > 0).all()
