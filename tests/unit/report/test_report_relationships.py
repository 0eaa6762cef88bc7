"""Genomic relationships in the report: steps, agreement with the pedigree, structure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report import render
from breedeval.report.relationship_section import relationship_section
from tests.reference.running import evaluate
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model


def single_step() -> Evaluation:
    return evaluate("mrode_12_1_single_step", "solve.method=cholesky")


def test_a_run_without_markers_has_no_section() -> None:
    assert relationship_section(animal_model(30)) == []
    assert "Relationship “" not in render(animal_model(30), PROVENANCE)


def test_what_is_told_of_single_step() -> None:
    (section,) = relationship_section(single_step())
    assert section["heading"] == "Relationship “single_step”"
    assert section["history"][-2:] == [
        "blend: 0.95 G + 0.05 A22", "tune (chen): 0.201765 + 0.709327 G"]
    agreement, apart = section["sheets"]
    assert agreement.rows[2][:4] == ["Beside the diagonal", "markers", "0.148", "0.309"]
    assert agreement.rows[2][-1] == "0.591"
    assert apart.rows[0] == ["pair", "21", "13", "0.799", "0.000"]
    assert apart.rows[5][:2] == ["individual", "21"]
    (picture,) = section["pictures"]
    assert "37.4 % and 23.6 % of the variance" in picture.caption


def test_the_page_has_it_and_scores_are_a_table() -> None:
    found = single_step()
    page = render(found, PROVENANCE)
    assert "Relationship “single_step”" in page
    assert "First two principal components" in page
    table = found.principal_components
    assert list(table.columns) == ["relationship", "individual", *(
        f"component_{k}" for k in range(1, 5))]
    assert len(table) == 14


def test_thousands_of_individuals_are_a_cloud() -> None:
    found = single_step()
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"relationship": "single_step", "individual": [f"i{k}" for k in range(
        5000)], **{f"component_{k}": rng.normal(size=5000) for k in range(1, 5)}})
    (section,) = relationship_section(replace(found, principal_components=many))
    assert len(section["pictures"][0].svg) < 200_000
