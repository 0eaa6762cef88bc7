"""Predictive ability of lines left out, against rrBLUP fold by fold."""

from __future__ import annotations

import pytest

from tests.reference.running import ROOT, answers, evaluate

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


def test_the_numbers_of_the_page() -> None:
    page = " ".join((ROOT / "docs/howto/validation.md").read_text("utf-8").split())
    table = evaluate("wheat_validation").validation
    overall = table[(table["fold"] == "") & (table["statistic"] == "predictive_ability")]
    own = overall[overall["compared_with"] == ""].set_index("model")["estimate"]
    pedigree, genomic, both = (f"{own[model]:.2f}" for model in ("pedigree", "genomic", "both"))
    assert f"predictive abilities of {pedigree}, {genomic} and {both}" in page
    apart = overall[(overall["model"] == "genomic") & (overall["compared_with"] == "pedigree")]
    estimate, lower, upper = (float(apart[key].iloc[0]) for key in ("estimate", "lower", "upper"))
    assert f"is {estimate:.2f} ({lower:.2f} to {upper:.2f})" in page
