"""``python statsmodels_mixed.py CASE``: MixedLM of statsmodels, all records in one group.

It takes variance components as given columns, so a pedigree effect is Z L with A = L L′ of the
animals with records; both are dense.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

Values = NDArray[np.float64]


def numerator_relationships(pedigree: pd.DataFrame) -> Values:
    """A, by the tabular method; parents first."""
    rows = {name: row for row, name in enumerate(pedigree["individual"])}
    parents = [[rows[name] for name in pair if name] for pair in
               zip(pedigree["sire"], pedigree["dam"], strict=True)]
    a = np.zeros((len(rows), len(rows)))
    for i, known in enumerate(parents):
        a[i, :i] = a[:i, i] = 0.5 * a[known, :i].sum(axis=0)
        a[i, i] = 1 + (0.5 * a[known[0], known[1]] if len(known) == 2 else 0.0)
    return a


def columns_of(effect: dict[str, object], records: pd.DataFrame, pedigree: pd.DataFrame) -> Values:
    """Incidence of an effect, times L for one with a pedigree."""
    column = records[str(effect["column"])]
    if not effect["pedigree"]:
        return pd.get_dummies(column).to_numpy(np.float64)
    recorded = np.unique(column)
    place = pd.Index(pedigree["individual"]).get_indexer(recorded)
    factor = np.linalg.cholesky(numerator_relationships(pedigree)[np.ix_(place, place)])
    return factor[np.searchsorted(recorded, column)]


def main() -> None:
    """Fit and print the answer as JSON."""
    folder = Path(sys.argv[1])
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if len(model["traits"]) > 1:
        print(json.dumps({"refused": "statsmodels fits one trait at a time"}))
        return
    read = {"dtype": str, "keep_default_na": False}
    records = pd.read_csv(folder / "records.csv", **read)
    path = folder / "pedigree.csv"
    pedigree = pd.read_csv(path, **read) if path.exists() else pd.DataFrame()
    y = records[model["traits"][0]].to_numpy(np.float64)
    x = pd.get_dummies(records[model["classes"]], drop_first=True) if model["classes"] else \
        pd.DataFrame(index=records.index)
    x = np.column_stack([np.ones(len(y)), x.to_numpy(np.float64),
                         records[model["covariates"]].to_numpy(np.float64)])
    started = time.perf_counter()
    names = [effect["name"] for effect in model["random"]]
    matrices = [columns_of(effect, records, pedigree) for effect in model["random"]]
    related = time.perf_counter()
    labels = [[[str(k) for k in range(z.shape[1])]] for z in matrices]
    components = VCSpec(names, labels, [[z] for z in matrices])
    fitted = MixedLM(y, x, np.zeros(len(y)), exog_re=np.zeros((len(y), 0)),
                     exog_vc=components).fit(reml=True)
    print(json.dumps({
        "program": "statsmodels",
        "versions": {"python": platform.python_version(), "statsmodels": statsmodels.__version__},
        "relationship_seconds": related - started, "fit_seconds": time.perf_counter() - related,
        "variances": {**dict(zip(names, map(float, fitted.vcomp), strict=True)),
                      "residual": float(fitted.scale)},
        "log_likelihood": float(fitted.llf)}))


if __name__ == "__main__":
    main()
