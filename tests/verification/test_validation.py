"""What a validation says of accuracy, dispersion and bias is right on average."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import breedeval

pytestmark = pytest.mark.verification

N, REPLICATES = 240, 30
VARIANCE, RESIDUAL = 1.0, 1.5


def replicate(seed: int) -> dict[str, float]:
    """Estimated statistics of one population, and the true accuracy of the same predictions."""
    random = np.random.default_rng(seed)
    family = np.arange(N) // 12
    z = random.normal(size=(N, 400)) + 1.2 * random.normal(size=(N // 12, 400))[family]
    z -= z.mean(axis=0)
    k = z @ z.T / np.square(z).sum() * N
    u = np.sqrt(VARIANCE) * z @ random.normal(size=400) * np.sqrt(N / np.square(z).sum())
    names = [f"i{number}" for number in range(N)]
    records = pd.DataFrame({"id": names, "gain": u + np.sqrt(RESIDUAL) * random.normal(size=N)})
    found = breedeval.evaluate(
        records, matrices={"k": pd.DataFrame(k + 1e-6 * np.eye(N), names, names)},
        variances={"animal": VARIANCE, "residual": RESIDUAL},
        model={"traits": ["gain"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"}]},
        validation={"folds": 8, "seed": seed, "bootstrap": 0})
    table = found.validation[found.validation["fold"] == ""].set_index("statistic")["estimate"]
    own = found.validation_predictions.assign(
        true=lambda rows: pd.Series(u, names).loc[rows["individual"]].to_numpy())
    within = own[["predicted", "true"]] - own.groupby("fold")[["predicted", "true"]].transform(
        "mean")
    return {**table, "true_accuracy": within.corr().iloc[0, 1]}


def test_estimated_accuracy_is_true_accuracy_on_average() -> None:
    found = pd.DataFrame([replicate(seed) for seed in range(REPLICATES)])
    error = found.std(ddof=1) / np.sqrt(REPLICATES)
    for name in ("accuracy", "lr_accuracy"):
        apart = found[name] - found["true_accuracy"]
        assert abs(apart.mean()) < 3 * apart.std(ddof=1) / np.sqrt(REPLICATES) + 0.01, name
    for name, expected in (("dispersion", 1.0), ("lr_dispersion", 1.0), ("bias", 0.0),
                           ("lr_bias", 0.0)):
        assert abs(found[name].mean() - expected) < 3 * error[name] + 1e-6, name
