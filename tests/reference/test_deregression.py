"""Deregressed proofs against another program, and evaluated again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from breedeval.evaluation.deregression import Family, deregress
from tests.reference.running import PEDIGREES, evaluate, solved_by

CASE = json.loads((Path(__file__).parent / "data" / "deregressed_garrick.json").read_text("utf-8"))


def test_another_program() -> None:
    """dEBV.R: printed with three decimals."""
    table = pd.DataFrame(CASE["reference"], columns=CASE["columns"])
    h2 = CASE["model"]["heritability"]
    family = Family(
        ((table["sire_ebv"] + table["dam_ebv"]) / 2).to_numpy(),
        (0.5 - (table["sire_r2"] + table["dam_r2"]) / 4).to_numpy(), np.full(len(table), 0.5))
    found = deregress(table["ebv"].to_numpy(np.float64), 1 - table["r2"].to_numpy(), family,
                      (1 - h2) / h2, CASE["model"]["unexplained"])
    for values, column in ((found.proof, "deregressed"), (found.reliability, "deregressed_r2"),
                           (found.weight, "weight")):
        np.testing.assert_allclose(values, table[column], rtol=0, atol=0.0005)


def test_the_file_of_proofs_is_of_this_program() -> None:
    run = evaluate("dairy_milk", "output.tables=[deregressed_proofs]")
    proofs = run.deregressed_proofs.set_index("individual")
    kept = pd.read_csv(PEDIGREES / "dairy_deregressed" / "records.csv", dtype={"bull": str})
    own = proofs.loc[kept["bull"]]
    for column, name in (("proof", "breeding_value"), ("deregressed_proof", "deregressed_proof"),
                         ("weight", "weight")):
        np.testing.assert_allclose(own[name], kept[column], rtol=1e-6, atol=1e-8)
    recorded = run.breeding_values.set_index("individual")["records"] > 0
    people = run.individuals.set_index("individual")
    sires = people["sire"][recorded.reindex(people.index)].dropna()
    assert set(kept["bull"]) == set(sires) - {""}


def test_proofs_with_weights_give_the_breeding_values_back() -> None:
    """Nearly: the cows' other ancestors are gone, and sons are progeny of sires among the bulls."""
    found = evaluate("dairy_deregressed", *solved_by("cholesky"))
    kept = pd.read_csv(PEDIGREES / "dairy_deregressed" / "records.csv", dtype={"bull": str})
    again = found.breeding_values.set_index("individual").loc[kept["bull"]]
    assert np.corrcoef(again["breeding_value"], kept["proof"])[0, 1] > 0.997
    slope, constant = np.polyfit(kept["proof"], again["breeding_value"], 1)
    assert abs(slope - 1) < 0.02
    assert abs(constant) < 0.001
    first = evaluate("dairy_milk", "output.tables=[deregressed_proofs]").breeding_values
    reliability = first.set_index("individual").loc[kept["bull"], "reliability"]
    assert np.corrcoef(again["reliability"], reliability)[0, 1] > 0.98
