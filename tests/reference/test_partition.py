"""Breeding values and their parts: of every run file, and by hand after Mrode."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.partition import PARTS, WEIGHTS
from tests.reference.running import evaluate, solved_by
from tests.reference.test_configs import BY_PRODUCTS, ESTIMATING, NAMES

NO_BREEDING_VALUES = ("alpha_design", "diallel", "lattice", "sorghum_crossed",
                      "sorghum_environment", "sorghum_factor")
"""Run files without an effect that has a relationship among individuals."""


def overrides_of(name: str) -> tuple[str, ...]:
    """As in the other tests of the run files."""
    if name in ESTIMATING:
        return ("solve.method=cholesky", "validation=null")
    return solved_by("pcg" if name in BY_PRODUCTS else "cholesky")


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_add_up_to_the_value(name: str) -> None:
    found = evaluate(name, *overrides_of(name))
    table = found.partition
    if name in NO_BREEDING_VALUES:
        assert table.empty
        return
    values = found.breeding_values
    key = ["effect", "component", "trait", "individual", "breeding_value"]
    pd.testing.assert_frame_equal(table[key], values[key])
    scale = max(1.0, values["breeding_value"].abs().max())
    np.testing.assert_allclose(table[list(PARTS)].sum(axis=1), table["breeding_value"], rtol=0,
                               atol=1e-10)
    assert table["unsolved"].abs().max() <= 1e-10 * scale
    np.testing.assert_allclose(table[[f"weight_{name}" for name in WEIGHTS]].sum(axis=1), 1.0,
                               rtol=0, atol=1e-10)


ALPHA, MALE, FEMALE = 2.0, 4.358, 3.404
"""σ²ₑ/σ²ₐ, and the printed solutions of the sexes."""
PRINTED = {"1": 0.098, "2": -0.019, "3": -0.041, "4": -0.009, "5": -0.186, "6": 0.177, "7": -0.249,
           "8": 0.183}


@pytest.mark.parametrize(("animal", "weights", "parents", "deviation", "progeny"), [
    # a calf with both parents and its own record
    ("8", (2 * ALPHA, 1, 0), PRINTED["3"] / 2 + PRINTED["6"] / 2, 5.0 - MALE, 0.0),
    # a cow with both parents, a record and a calf by a known sire
    ("6", (2 * ALPHA, 1, 0.5 * ALPHA), PRINTED["1"] / 2 + PRINTED["2"] / 2, 3.9 - FEMALE,
     2 * PRINTED["8"] - PRINTED["3"]),
    # a bull whose dam is unknown, with a calf by a known dam
    ("4", (4 / 3 * ALPHA, 1, 0.5 * ALPHA), PRINTED["1"] / 2, 4.5 - MALE,
     2 * PRINTED["7"] - PRINTED["5"]),
    # a founder without a record, with two calves whose other parents are known or not
    ("1", (ALPHA, 0, 0.5 * ALPHA + ALPHA / 3), 0.0, 0.0,
     (0.5 * (2 * PRINTED["6"] - PRINTED["2"]) + 2 * PRINTED["4"] / 3) / (1 / 2 + 1 / 3)),
])
def test_the_animal_model_of_mrode(
    animal: str, weights: tuple[float, ...], parents: float, deviation: float, progeny: float
) -> None:
    """Mrode & Pocrnic (2023), example 4.1: û = n₁ PA + n₂ YD + n₃ PC, of printed solutions."""
    table = evaluate("mrode_4_1_animal_model", *solved_by("cholesky")).partition
    row = table.set_index("individual").loc[animal]
    n1, n2, n3 = np.array(weights) / sum(weights)
    assert row["weight_parent_average"] == pytest.approx(n1, abs=1e-12)
    assert row["weight_records"] == pytest.approx(n2, abs=1e-12)
    assert row["weight_progeny"] == pytest.approx(n3, abs=1e-12)
    assert row["parent_average"] == pytest.approx(n1 * parents, abs=0.0005)
    assert row["records"] == pytest.approx(n2 * deviation, abs=0.0005)
    assert row["progeny"] == pytest.approx(n3 * progeny, abs=0.001)
    assert row["breeding_value"] == pytest.approx(PRINTED[animal], abs=0.0005)
