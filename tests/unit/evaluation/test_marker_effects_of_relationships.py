"""Marker effects where markers are a part of the relationship: tuned, blended, single-step, APY."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.config.load import load_values
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.genomic_prediction import predict
from breedeval.evaluation.marker_effects import marker_effects
from breedeval.evaluation.marker_tables import prediction_arrays
from breedeval.evaluation.preparing import Inputs
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import unplaced
from breedeval.genotypes.packed import pack
from breedeval.levels import Levels
from breedeval.records import Table
from breedeval.workflow import ladder
from breedeval.workflow.marker_effects import MarkerResults, results_of_markers
from breedeval.workflow.run import solve_options
from tests.unit.pedigree.made import pedigree_of, random_parents

N, M, GENOTYPED = 40, 80, np.arange(3, 40, 2)
VARIANCE, RESIDUAL = 1.3, 0.8


def made(options: dict[str, Any], *, recorded: int = 30, **parts: Any) -> ladder.Run:
    """A run of 40 individuals of a pedigree, every other one genotyped."""
    random = np.random.default_rng(5)
    pedigree = pedigree_of(*random_parents(N, 11))
    labels = pedigree.individuals.to_list()
    own = np.arange(N) if options["kind"] == "genomic" else GENOTYPED
    copies = random.binomial(2, random.uniform(0.1, 0.9, (M, 1)), (M, own.size)).astype(np.int8)
    chip = Genotypes(Levels.of([labels[k] for k in own]),
                     unplaced(Levels.of([f"m{k}" for k in range(M)])), pack(copies), "chip.bed")
    records = pd.DataFrame({"id": labels[:recorded], "gain": random.normal(size=recorded)})
    settings = load_values({
        "records": {"file": "r"}, "genotypes": {"file": "g"}, "pedigree": {"file": "p"},
        "model": {"traits": ["gain"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"}]},
        "relationships": {"k": options},
        "variances": {"animal": VARIANCE, "residual": RESIDUAL}, **parts},
        in_memory=("records", "genotypes", "pedigree")).settings
    return ladder.Run(settings, Inputs(Table.of_frame(records, "r"), pedigree, {}, chip))


def solved(run: ladder.Run) -> tuple[ladder.Solutions, ladder.Factor]:
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    factor = ladder.factor(equations)
    return ladder.solutions(equations, factor), factor


@pytest.mark.parametrize("options", [
    {"kind": "genomic", "tune": "chen", "ridge": 0.05},
    {"kind": "genomic", "blend": 0.1, "method": "vanraden2"},
    {"kind": "genomic", "blend": 0.1, "blend_with": "identity", "core": 25},
    {"kind": "single_step"},
    {"kind": "single_step", "blend": 0.2, "tune": "vitezica", "method": "vanraden2"},
    {"kind": "single_step", "tau": 1.1, "omega": 0.9},
], ids=str)
def test_effects_are_their_regression_on_breeding_values(options: dict[str, Any]) -> None:
    """E(a | u) and its variance, by dense covariances of effects, values and records."""
    run = made(options)
    solutions, factor = solved(run)
    precision = solutions.equations.precisions[0]
    found = marker_effects(solutions, 0, precision, factor)
    part, cell = found.part, found.cells[0]
    lower = precision.lower().toarray()
    k = np.linalg.inv(lower + np.tril(lower, -1).T)
    inverse = precision.genomic_inverse()
    if options["kind"] == "genomic" or "tau" not in options:
        np.testing.assert_allclose(
            np.linalg.inv(inverse), k[np.ix_(part.rows, part.rows)], atol=1e-8)
    z = np.nan_to_num(part.genotypes.calls.coded(0, M, part.coded.coding)).astype(float)
    records = run.inputs.records.size
    v = VARIANCE * k[:records, :records] + RESIDUAL * np.eye(records)
    p = np.linalg.inv(v)
    p -= np.outer(p.sum(axis=1), p.sum(axis=0)) / p.sum()
    y = np.array(run.inputs.records.columns["gain"].to_pylist(), float)
    shared = part.factor * z @ inverse @ (VARIANCE * k[part.rows][:, :records])
    scale = part.coded.coding.scale
    np.testing.assert_allclose(cell.estimate, scale * (shared @ p @ y), atol=1e-7)
    spread = np.einsum("ij,jk,ik->i", shared, p, shared)
    if "tau" not in options:  # else σ²G is not the variance of the genotyped
        np.testing.assert_allclose(cell.variance, scale**2 * spread, rtol=1e-6)
        np.testing.assert_allclose(cell.error_variance, scale**2 * (
            part.factor * VARIANCE - spread), rtol=1e-6)


@pytest.mark.parametrize("options", [
    {"kind": "genomic", "tune": "chen", "ridge": 0.05},
    {"kind": "genomic", "blend": 0.1, "blend_with": "identity", "frequencies": "half"},
], ids=str)
def test_predictions_are_those_of_the_evaluation(options: dict[str, Any]) -> None:
    """Constants and frequencies are kept: who has no record is predicted as evaluated."""
    run = made(options)
    solutions, factor = solved(run)
    effects = marker_effects(solutions, 0, solutions.equations.precisions[0], factor)
    assert run.inputs.genotypes is not None
    young = run.inputs.genotypes.select(individuals=np.arange(30, N))
    found = predict(prediction_arrays(effects, reliabilities=True), young).table
    own = ladder.evaluation(run, solutions).breeding_values.iloc[30:]
    np.testing.assert_allclose(found["direct_genomic_value"], own["breeding_value"], atol=1e-6)
    np.testing.assert_allclose(found["reliability"], own["reliability"], rtol=1e-4)


@pytest.mark.parametrize("kind", ["genomic", "single_step"])
def test_a_weighted_round_is_an_evaluation_with_these_weights(kind: str) -> None:
    options = {"kind": kind, "blend": 0.1}
    asked = {"marker_effects": {"effect": "animal", "weighted_rounds": 1}}
    run = made(options, **asked)
    solutions, _ = solved(run)
    plain = marker_effects(solutions, 0, solutions.equations.precisions[0], None)
    genotypes = run.inputs.genotypes
    assert genotypes is not None
    counts = genotypes.calls.counts()
    weights = 2 * counts.frequency * (1 - counts.frequency) * plain.cells[0].estimate**2
    found = results_of_markers(run, solutions, solve_options(run.settings), lambda *_: None)
    assert found.effects["p_value"].isna().all()
    assert found.summary["weighted_rounds"][0]["largest_weight"] == pytest.approx(
        weights.max() / weights.mean())

    table = Table.of_frame(pd.DataFrame({
        "marker": genotypes.markers.names.to_list(), "weight": weights}), "weights")
    settings = run.settings
    weighted = settings.relationships["k"].model_copy(update={"weights": Path("weights.csv")})
    settings = settings.model_copy(update={"relationships": {"k": weighted}})
    sources = {("k", "weights"): table}
    again = ladder.Run(settings, Inputs(
        run.inputs.records, run.inputs.pedigree, {}, genotypes, sources))
    solutions, _ = solved(again)
    known = marker_effects(solutions, 0, solutions.equations.precisions[0], None)
    np.testing.assert_allclose(found.effects["estimate"], known.cells[0].estimate, atol=1e-9)


@pytest.mark.parametrize(("unknowns", "matrices"), [
    ({"kind": "marker_effects", "blend": 0.2}, {"kind": "single_step", "blend": 0.2,
                                                "tune": "none"}),
    ({"kind": "marker_effects", "blend": 0.2, "tune": "vitezica", "frequencies": "half"},
     {"kind": "single_step", "blend": 0.2, "tune": "vitezica", "frequencies": "half"}),
], ids=str)
def test_effects_as_unknowns_are_those_solved_back(
    unknowns: dict[str, Any], matrices: dict[str, Any]
) -> None:
    """SNP-BLUP = GBLUP: no standard errors, the same effects, and the same predictions."""
    solve = {"solve": {"method": "pcg", "tolerance": 1e-13, "reliability": "none"},
             "marker_effects": "animal"}
    found, known = (markers_of(made(options, **solve)) for options in (unknowns, matrices))
    np.testing.assert_allclose(found.effects["estimate"], known.effects["estimate"], atol=1e-7)
    assert found.effects["z"].isna().all()
    for name in ("estimate", "offset"):
        np.testing.assert_allclose(found.arrays[name], known.arrays[name], atol=1e-7)
    for name in ("factor", "constant", "identity", "pedigree"):
        assert float(found.arrays[name]) == pytest.approx(float(known.arrays[name]), abs=1e-12)


def markers_of(run: ladder.Run) -> MarkerResults:
    """Marker effects of a run, solved as it says."""
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    options = solve_options(run.settings)
    solutions = solve_equations(equations, options)
    return results_of_markers(run, solutions, options, lambda *_: None)
