"""Marker effects solved back: against SNP-BLUP, and predictions against evaluations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from breedeval.config.load import load_values
from breedeval.errors import InputError
from breedeval.evaluation.genomic_prediction import predict
from breedeval.evaluation.marker_effects import MarkerEffects, marker_effects
from breedeval.evaluation.marker_tables import (
    marker_table,
    prediction_arrays,
    window_variances,
    windows_table,
)
from breedeval.evaluation.preparing import Inputs
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.packed import pack
from breedeval.genotypes.windows import windows_of_markers
from breedeval.levels import Levels
from breedeval.records import Table
from breedeval.workflow import ladder
from tests.oracles.snp_blup import snp_blup

N, M = 40, 60
VARIANCE, RESIDUAL, RIDGE = 1.3, 0.8, 0.02


def copies(seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.binomial(2, random.uniform(0.1, 0.9, M)[:, None], (M, N)).astype(np.int8)


def genotypes(calls: np.ndarray, first: int = 0) -> Genotypes:
    names = Levels.of([f"m{k}" for k in range(len(calls))])
    markers = Markers(
        names, pa.array(["1"] * len(calls), pa.large_string()), 100 * np.arange(1, 1 + len(calls)),
        pa.array(["A"] * len(calls), pa.large_string()),
        pa.array(["C"] * len(calls), pa.large_string()))
    people = Levels.of([f"i{first + k}" for k in range(calls.shape[1])])
    return Genotypes(people, markers, pack(calls), "chip.bed")


def records(recorded: int = N, seed: int = 2) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({
        "id": [f"i{k}" for k in range(recorded)], "sex": random.integers(2, size=recorded),
        "gain": random.normal(size=recorded) * 2, "fat": random.normal(size=recorded)})


def run_of(table: pd.DataFrame, chip: Genotypes, **changed: object) -> ladder.Run:
    settings = load_values({
        "records": {"file": "r"}, "genotypes": {"file": "g"},
        "model": {"traits": ["gain"], "fixed": [{"covariate": "sex"}], "random": [
            {"name": "animal", "column": "id", "relationship": "genomic"}]},
        "relationships": {"genomic": {"kind": "genomic", "ridge": RIDGE}},
        "variances": {"animal": VARIANCE, "residual": RESIDUAL}, **changed},
        in_memory=("records", "genotypes")).settings
    return ladder.Run(settings, Inputs(Table.of_frame(table, "r"), None, {}, chip))


def solved(run: ladder.Run) -> tuple[ladder.Solutions, ladder.Factor]:
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    factor = ladder.factor(equations)
    return ladder.solutions(equations, factor), factor


def back_solved(run: ladder.Run) -> MarkerEffects:
    solutions, factor = solved(run)
    return marker_effects(solutions, 0, solutions.equations.precisions[0], factor)


def coded(calls: np.ndarray) -> tuple[np.ndarray, float]:
    """Individuals × markers less 2p, and 2Σp(1 − p)."""
    p = calls.mean(axis=1) / 2
    return (calls - 2 * p[:, None]).T, float(2 * (p * (1 - p)).sum())


@pytest.mark.parametrize("recorded", [N, N - 9])
def test_effects_are_those_of_snp_blup(recorded: int) -> None:
    """û = Z′â: both models are one; everybody genotyped counts, with or without a record."""
    calls, table = copies(), records(recorded)
    found = back_solved(run_of(table, genotypes(calls))).cells[0]
    z, divisor = coded(calls)
    x = np.column_stack([np.ones(recorded), table["sex"]])
    known = snp_blup(table["gain"].to_numpy(), x, z[:recorded], variance=VARIANCE / divisor,
                     residual=RESIDUAL, rest=RIDGE * VARIANCE)
    np.testing.assert_allclose(found.estimate, known.effects, atol=1e-6)
    np.testing.assert_allclose(found.error_variance, known.error_variance, rtol=1e-5)
    np.testing.assert_allclose(found.z, known.z, rtol=1e-4, atol=1e-5)


def test_effects_of_two_traits_are_those_of_each_cell() -> None:
    """With no covariance between traits, two traits together are two evaluations."""
    table, chip = records(), genotypes(copies())
    two = {"traits": ["gain", "fat"], "random": [
        {"name": "animal", "column": "id", "relationship": "genomic"}]}
    both = back_solved(run_of(table, chip, model=two, variances={
        "animal": [[1.3, 0], [0, 0.4]], "residual": [[0.8, 0], [0, 0.7]]}))
    alone = back_solved(run_of(table, chip, model={**two, "traits": ["fat"]}, variances={
        "animal": 0.4, "residual": 0.7})).cells[0]
    np.testing.assert_allclose(both.cells[1].estimate, alone.estimate, atol=1e-8)
    np.testing.assert_allclose(both.cells[1].z, alone.z, rtol=1e-5, atol=1e-7)
    assert [cell.trait for cell in both.cells] == ["gain", "fat"]


@pytest.mark.parametrize("form", ["packed", "dosages"])
def test_predictions_are_those_of_the_evaluation(form: str) -> None:
    """Individuals without a record have in the evaluation what is predicted from its markers."""
    calls, table = copies(), records(N - 12)
    chip = genotypes(calls)
    if form == "dosages":
        chip = replace(chip, calls=Dosages(calls.astype(np.float32)))
    run = run_of(table, chip)
    solutions, factor = solved(run)
    effects = marker_effects(solutions, 0, solutions.equations.precisions[0], factor)
    young = chip.select(individuals=np.arange(N - 12, N))
    found = predict(prediction_arrays(effects, reliabilities=True), young).table
    own = ladder.evaluation(run, solutions).breeding_values.iloc[N - 12:]
    assert list(found["individual"]) == list(own["individual"])
    np.testing.assert_allclose(found["direct_genomic_value"], own["breeding_value"], atol=1e-6)
    np.testing.assert_allclose(found["reliability"], own["reliability"], rtol=1e-4)
    assert (found["markers"] == M).all()


def test_alleles_order_and_missing_markers_of_the_predicted() -> None:
    calls = copies()
    effects = back_solved(run_of(records(), genotypes(calls)))
    arrays = prediction_arrays(effects, reliabilities=True)
    young = copies(7)[:, :6]
    straight = predict(arrays, genotypes(young)).table
    order = np.random.default_rng(1).permutation(M)
    flipped = np.where((np.arange(M) % 3 == 0)[:, None], 2 - young, young)[order]
    chip = genotypes(flipped)
    counted, other = (np.where(np.arange(M) % 3 == 0, *pair)[order].tolist()
                      for pair in (("C", "A"), ("A", "C")))
    chip = replace(chip, markers=replace(
        chip.markers, names=Levels.of([f"m{k}" for k in order]),
        counted=pa.array(counted, pa.large_string()), other=pa.array(other, pa.large_string())))
    turned = predict(arrays, chip)
    pd.testing.assert_frame_equal(turned.table, straight, rtol=1e-6)
    assert turned.alignment.swapped.sum() == 20
    fewer = predict(arrays, genotypes(young[:50]))
    missing = young.copy()
    missing[50:] = -1
    pd.testing.assert_frame_equal(fewer.table, predict(arrays, genotypes(missing)).table)
    assert (fewer.table["markers"] == 50).all()
    assert (fewer.table["reliability"] < straight["reliability"] + 0.2).all()
    mean = {**arrays, "markers": np.array([f"x{k}" for k in range(M)])}
    with pytest.raises(InputError, match="none of its markers"):
        predict(mean, genotypes(young))
    with pytest.raises(InputError, match="its ploidy is 4"):
        predict(arrays, replace(chip, calls=Dosages(young.astype(np.float32), 4)))


def test_without_what_reliabilities_need_values_are_the_same() -> None:
    effects = back_solved(run_of(records(), genotypes(copies())))
    young = genotypes(copies(7)[:, :6])
    full, short = (predict(prediction_arrays(effects, reliabilities=kept), young).table
                   for kept in (True, False))
    np.testing.assert_array_equal(full["direct_genomic_value"], short["direct_genomic_value"])
    assert short["reliability"].isna().all()


def test_tables_and_windows() -> None:
    calls = copies()
    effects = back_solved(run_of(records(), genotypes(calls)))
    windows = windows_of_markers(effects.part.genotypes.markers, 16)
    variances = window_variances(effects, windows)
    table = marker_table(effects, windows, variances)
    assert len(table) == M
    np.testing.assert_allclose(table["frequency"], calls.mean(axis=1) / 2)
    assert list(table["window"].unique()) == [1, 2, 3, 4]
    z, _ = coded(calls)
    estimate = table["estimate"].to_numpy()
    wide = windows_table(effects, windows, variances)
    known = [(z[:, part] @ estimate[part]).var() for part in np.split(np.arange(M), [16, 32, 48])]
    np.testing.assert_allclose(wide["variance"], known, rtol=1e-5)
    np.testing.assert_allclose(wide["share"], known / (z @ estimate).var(), rtol=1e-5)
    assert list(wide["markers"]) == [16, 16, 16, 12]
    strongest = table.loc[table.groupby("window")["z"].apply(lambda z: z.abs().idxmax()), "marker"]
    assert list(wide["top_marker"]) == list(strongest)


def test_markers_without_information_have_no_test() -> None:
    """One that does not vary, and one that varies only beyond the reach of records."""
    calls = copies()
    calls[3], calls[4] = 1, 0
    effects = back_solved(run_of(records(), genotypes(calls))).cells[0]
    assert effects.estimate[3] == 0
    assert np.isnan(effects.z[3])
    assert np.isnan(effects.p_value[4])
    assert np.isfinite(effects.z[5:]).all()
    assert 0 < effects.inflation < 3
