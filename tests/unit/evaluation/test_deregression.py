"""Deregressed proofs: what is known beyond the parents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.errors import InputError
from breedeval.evaluation.deregression import Family, deregress
from breedeval.evaluation.result import Evaluation

H2 = 0.3
RATIO = (1 - H2) / H2
MODEL = {"traits": ["y"], "intercept": False, "random": [
    {"name": "animal", "column": "id", "relationship": "pedigree"}]}
VARIANCES = {"animal": 3.0, "residual": 7.0}


def evaluated(
    records: pd.DataFrame, pedigree: pd.DataFrame, model: dict[str, object] = MODEL,
    variances: dict[str, object] = VARIANCES, **output: object,
) -> Evaluation:
    return breedeval.evaluate(records, pedigree=pedigree, model=model, variances=variances,
                              output={"tables": ["deregressed_proofs"], **output})


def proofs(*arguments: object, **output: object) -> pd.DataFrame:
    return evaluated(*arguments, **output).deregressed_proofs.set_index("individual")


def garrick(
    value: float, r2: float, parents: tuple[float, float], parents_r2: tuple[float, float],
    h2: float, c: float,
) -> tuple[float, float, float]:
    """Equations of the paper as they are printed: proof, its reliability, and weight."""
    ratio = (1 - h2) / h2
    average, r2_average = sum(parents) / 2, sum(parents_r2) / 4
    alpha, delta = 1 / (0.5 - r2_average), (0.5 - r2_average) / (1 - r2)
    of_parents = ratio * (0.5 * alpha - 4) + 0.5 * ratio * np.sqrt(alpha**2 + 16 / delta)
    own = delta * of_parents + 2 * ratio * (2 * delta - 1)
    right = -2 * ratio * average + (own + 2 * ratio) * value
    r2_own = 1 - ratio / (own + ratio)
    return right / own, r2_own, (1 - h2) / ((c + (1 - r2_own) / r2_own) * h2)


@pytest.mark.parametrize(("value", "r2", "parents", "parents_r2"), [
    (15.0, 0.68, (10.0, 2.0), (0.97, 0.36)), (-3.0, 0.4, (1.0, 2.0), (0.2, 0.3)),
    (1.0, 0.99, (0.0, 0.0), (0.99, 0.0))])
def test_the_printed_equations(
    value: float, r2: float, parents: tuple[float, float], parents_r2: tuple[float, float]
) -> None:
    family = Family(np.array([sum(parents) / 2]), np.array([0.5 - sum(parents_r2) / 4]),
                    np.array([0.5]))
    found = deregress(np.array([value]), np.array([1 - r2]), family, RATIO, 0.5)
    expected = garrick(value, r2, parents, parents_r2, H2, 0.5)
    np.testing.assert_allclose(
        [found.proof[0], found.reliability[0], found.weight[0]], expected, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 4])
def test_of_a_founder_with_own_records_it_is_their_mean(count: int) -> None:
    pedigree = pd.DataFrame({"id": ["a", "b"], "sire": "", "dam": ""})
    data = pd.DataFrame({"id": ["a"] * count, "y": np.arange(count) + 1.5})
    table = proofs(data, pedigree)
    assert list(table.index) == ["a"]  # of the other nothing is known
    row = table.loc["a"]
    assert row["deregressed_proof"] == pytest.approx(data["y"].mean(), abs=1e-12)
    assert row["record_contributions"] == pytest.approx(count, abs=1e-10)
    assert row["proof_reliability"] == pytest.approx(count / (count + RATIO), abs=1e-12)
    assert row["reliability"] == pytest.approx(row["proof_reliability"], abs=1e-12)


@pytest.mark.parametrize("counts", [(3, 0, 1), (1, 2, 5), (0, 0, 2)])
def test_own_records_come_out_again_where_the_error_of_the_parents_is_known(
    counts: tuple[int, int, int]
) -> None:
    """A calf, its sire and its dam, from their equations: the mean of the records of the calf."""
    precision = np.array([[1.5, 0.5, -1.0], [0.5, 1.5, -1.0], [-1.0, -1.0, 2.0]])
    inverse = np.linalg.inv(np.diag(counts) + RATIO * precision)
    means = np.array([2.0, -1.0, 4.0])
    value, error = inverse @ (np.array(counts) * means), RATIO * inverse
    half = np.array([0.5, 0.5])
    found = deregress(
        value[2:], np.diagonal(error)[2:], Family(
            np.array([half @ value[:2]]), np.array([half @ error[:2, :2] @ half]),
            np.array([0.5])), RATIO)
    assert found.proof[0] == pytest.approx(4.0, abs=1e-10)
    assert found.contributions[0] == pytest.approx(counts[2], abs=1e-10)


def test_one_parent_is_exact() -> None:
    """With one known parent the two equations are those of the model itself."""
    pedigree = pd.DataFrame({"id": ["s", "c"], "sire": ["", "s"], "dam": ""})
    data = pd.DataFrame({"id": ["s", "s", "c", "c", "c"], "y": [2.0, 3.0, 4.0, 5.0, 6.0]})
    row = proofs(data, pedigree).loc["c"]
    assert row["deregressed_proof"] == pytest.approx(5.0, abs=1e-10)
    assert row["record_contributions"] == pytest.approx(3.0, abs=1e-10)


def test_nothing_beyond_the_parents_gives_no_proof() -> None:
    pedigree = pd.DataFrame({"id": ["s", "c"], "sire": ["", "s"], "dam": ""})
    data = pd.DataFrame({"id": ["s"], "y": [2.0]})
    assert list(proofs(data, pedigree).index) == ["s"]


def test_weights_for_markers_that_explain_a_part() -> None:
    pedigree = pd.DataFrame({"id": ["a"], "sire": "", "dam": ""})
    data = pd.DataFrame({"id": ["a", "a"], "y": [1.0, 2.0]})
    plain, part = proofs(data, pedigree), proofs(data, pedigree, unexplained=0.4)
    assert plain["weight"]["a"] == pytest.approx(2.0)
    r2 = plain["proof_reliability"]["a"]
    assert part["weight"]["a"] == pytest.approx((1 - H2) / ((0.4 + (1 - r2) / r2) * H2))


def test_proofs_with_weights_give_the_values_back() -> None:
    """Sires of unrelated progeny: the proof has all that is known, each from its own."""
    rng = np.random.default_rng(1)
    sires = [f"s{k}" for k in range(20)]
    sizes = rng.integers(1, 9, 20)
    calves = [f"c{sire}{k}" for sire, size in zip(sires, sizes, strict=True) for k in range(size)]
    pedigree = pd.DataFrame({"id": sires + calves, "sire": [""] * 20 + list(
        np.repeat(sires, sizes)), "dam": ""})
    data = pd.DataFrame({"id": calves, "y": rng.normal(size=len(calves))})
    found = evaluated(data, pedigree)
    table = found.deregressed_proofs
    own = table[table["individual"].isin(sires)]
    again = evaluated(
        own.rename(columns={"individual": "id", "deregressed_proof": "y"})[["id", "y", "weight"]],
        pedigree, {**MODEL, "weights": "weight"})
    one, other = (run.breeding_values.set_index("individual").loc[sires]
                  for run in (found, again))
    np.testing.assert_allclose(other["breeding_value"], one["breeding_value"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(other["reliability"], one["reliability"], rtol=0, atol=1e-10)


def test_they_need_reliabilities() -> None:
    pedigree = pd.DataFrame({"id": ["a"], "sire": "", "dam": ""})
    data = pd.DataFrame({"id": ["a"], "y": [1.0]})
    for solve in ({"method": "pcg"}, {"reliability": "none"}):
        with pytest.raises(InputError, match="deregressed proofs need reliabilities"):
            breedeval.evaluate(data, pedigree=pedigree, model=MODEL, variances=VARIANCES,
                               solve=solve, output={"tables": ["deregressed_proofs"]})


def test_a_curve_has_none_and_it_is_said() -> None:
    pedigree = pd.DataFrame({"id": ["a", "b"], "sire": "", "dam": ""})
    data = pd.DataFrame({"id": ["a", "a", "b", "b"], "t": [1, 2, 1, 3], "y": [1.0, 2.0, 0.0, 1.0]})
    found = evaluated(
        data, pedigree, {"traits": ["y"], "random": [
            {"name": "animal", "relationship": "pedigree", "components": {"curve": {
                "column": "id", "basis": {"legendre": "t", "degree": 1, "range": [1, 3]}}}}]},
        {"animal": [[2.0, 0.1], [0.1, 1.0]], "residual": 1.0})
    assert found.deregressed_proofs.empty
    assert any("no single heritability" in warning for warning in found.summary["warnings"])
