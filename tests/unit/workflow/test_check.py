"""What a check prints of effects, of the cost, and of what the records cannot tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from breedeval.workflow.check import check_file
from tests.reference.running import CONFIGS


def _printed(
    capsys: pytest.CaptureFixture[str], name: str, *overrides: str
) -> list[list[str]]:
    """Rows of what is printed, cut where there are two blanks or more."""
    assert check_file(CONFIGS / f"{name}.yaml", overrides=overrides) == 0
    return [re.split(r"  +", line.strip()) for line in capsys.readouterr().out.splitlines()]


def test_one_trait_needs_no_column_of_traits(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _printed(capsys, "mrode_8_1_maternal")
    assert ["effect", "kind", "levels", "coefficients", "relationship"] in rows
    assert ["genetic", "random", "14", "direct, maternal", "pedigree"] in rows
    assert not any(row[0] == "residual" for row in rows)
    assert not any("Estimation" in row[0] for row in rows)


def test_traits_with_models_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _printed(capsys, "mrode_6_3_different_models")
    assert ["effect", "trait", "kind", "levels", "coefficients", "relationship"] in rows
    assert ["hys1", "fat1", "fixed", "2", "1"] in rows
    assert ["hys2", "fat2", "fixed", "2", "1"] in rows
    assert ["animal", "fat1, fat2", "random", "8", "fat1, fat2", "pedigree"] in rows
    assert ["residual", "fat1, fat2", "residual", "fat1, fat2"] in rows


def test_cells_of_components_and_traits(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _printed(
        capsys, "mrode_6_1_two_traits",
        "model.random=[{name: animal, relationship: pedigree, components: {direct: id, other: id}},"
        " {name: line, column: sex, traits: [pwg]}]", "variances=reml")
    cells = "direct:wwg, direct:pwg, other:wwg, other:pwg"
    assert ["animal", "wwg, pwg", "random", "8", cells, "pedigree"] in rows
    assert ["line", "pwg", "random", "2", "line", "identity"] in rows


def test_long_lists_of_cells_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _printed(
        capsys, "mrode_10_2_random_regression", "variances=reml",
        "model.random=[{name: genetic, relationship: pedigree, components: {curve: {column: id, "
        "basis: {legendre: dim, degree: 9, range: [4, 310]}}}}]")
    listed = ", ".join(f"curve[{k}]" for k in range(6))
    assert any(row[0] == "genetic" and row[3] == f"{listed}, … (10)" for row in rows)


def test_residuals_by_class_and_along_a_covariate(capsys: pytest.CaptureFixture[str]) -> None:
    assert ["residual", "residual", "2"] in _printed(capsys, "gryphon_by_sex")
    assert ["residual", "residual", "log-linear in covariate"] in _printed(
        capsys, "blupf90_residual_log_linear")


def test_cost_of_an_estimation(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(row[0] for row in _printed(
        capsys, "gryphon_reml", "variances={method: reml, start: {residual: 2}, fix: [residual], "
        "tie: [[mother, birth_year]]}"))
    assert "Engine: supernodal (estimation of variances needs a factorisation)" in text
    assert "Estimation of 2 variance parameters: a round is one factorisation, one selected" in text
    assert re.search(r"5 to 12 rounds are usual, [\d.e-]+ m?s to [\d.e-]+ m?s", text)


def test_what_the_records_cannot_tell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Said before anything is estimated."""
    (tmp_path / "records.csv").write_text("plot,y\n" + "".join(f"p{k},{k % 7}\n" for k in range(9)))
    (tmp_path / "run.yaml").write_text(
        "records: {file: records.csv}\nmodel:\n  traits: [y]\n  random: [{name: plot, column: "
        "plot}]\nvariances: reml\n")
    assert check_file(tmp_path / "run.yaml") == 0
    assert ("Warning: variances: every level of 'plot' has one record, so that its variance cannot "
            "be told from the residual") in capsys.readouterr().out
