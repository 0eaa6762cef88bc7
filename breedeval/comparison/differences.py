"""What differs between two runs beside the breeding values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from breedeval.comparison.results import PARAMETER_KEY, VARIANCE_KEY, Results

SUMMARY = ("status", "converged", "records", "observations", "individuals", "equations",
           "fixed_rank", "engine", "likelihood", "log_likelihood", "variance_parameters", "aic",
           "bic")
"""The entries of summary.json that say something about the evaluation itself."""


def settings_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> pd.DataFrame:
    """Keys whose values differ: path, old, new (None where absent).

    Lists of named things (random effects) are compared name by name, other lists as a whole.
    """
    before, after = _flat(old, ""), _flat(new, "")
    rows = [(path, before.get(path), after.get(path)) for path in dict.fromkeys([*before, *after])
            if before.get(path) != after.get(path)]
    return pd.DataFrame(rows, columns=["path", "old", "new"], dtype=object)


def input_differences(old: Results, new: Results) -> pd.DataFrame:
    """Input files by role: role, path_old, path_new, state (same, changed, only old, only new)."""
    before, after = _inputs(old), _inputs(new)
    rows = []
    for role in dict.fromkeys([*before, *after]):
        one, other = before.get(role), after.get(role)
        if one is None or other is None:
            state = "only old" if other is None else "only new"
        else:
            state = "same" if one["sha256"] == other["sha256"] else "changed"
        rows.append((role, (one or {}).get("path"), (other or {}).get("path"), state))
    return pd.DataFrame(rows, columns=["role", "path_old", "path_new", "state"], dtype=object)


def summary_differences(old: Results, new: Results) -> pd.DataFrame:
    """Entries of the summaries, and the program's version, that differ: quantity, old, new."""
    before = {name: old.summary.get(name) for name in SUMMARY}
    after = {name: new.summary.get(name) for name in SUMMARY}
    before["version"], after["version"] = (
        results.provenance.get("version") for results in (old, new))
    rows = [(name, before[name], after[name]) for name in before if before[name] != after[name]]
    return pd.DataFrame(rows, columns=["quantity", "old", "new"], dtype=object)


def variance_differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Every (co)variance in both: the key, old, new, se_old, se_new, change, ratio (new / old)."""
    both = _estimates(old, new, VARIANCE_KEY)
    both["ratio"] = both["new"] / both["old"].where(both["old"] != 0)
    return both


def parameter_differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Heritabilities and the like that differ: the key, old, new, se_old, se_new, change."""
    both = _estimates(old, new, PARAMETER_KEY)
    return both[~np.isclose(both["old"], both["new"], rtol=1e-9, atol=0)].reset_index(drop=True)


def fixed_effect_differences(old: Results, new: Results) -> pd.DataFrame:
    """Fixed effects: solutions in both, in one only, mean change and the largest change.

    Returns
    -------
    DataFrame
        effect, trait, common, only_old, only_new, mean_change, sd_change, largest_change, level.
    """
    key = ["effect", "trait", "level"]
    both = _fixed(old)[[*key, "estimate"]].merge(
        _fixed(new)[[*key, "estimate"]], on=key, how="outer", sort=False, indicator="side")
    both["change"] = both["estimate_y"] - both["estimate_x"]
    rows = []
    for (effect, trait), part in both.groupby(["effect", "trait"], sort=False):
        change = part["change"].dropna()
        farthest = change.abs().nlargest(1).index
        far = part.loc[farthest]
        rows.append((effect, trait, len(change), int((part["side"] == "left_only").sum()),
                     int((part["side"] == "right_only").sum()), change.mean(), change.std(),
                     *far["change"], *far["level"], *[None] * (2 - 2 * len(far))))
    return pd.DataFrame(rows, columns=["effect", "trait", "common", "only_old", "only_new",
                                       "mean_change", "sd_change", "largest_change", "level"])


def _estimates(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Estimates of both side by side: the key, old, new, se_old, se_new, change."""
    columns = [*key, "estimate", "se"]
    both = old[columns].merge(
        new[columns], on=key, how="outer", sort=False, suffixes=("_old", "_new"))
    both = both.rename(columns={"estimate_old": "old", "estimate_new": "new"})
    both = both[[*key, "old", "new", "se_old", "se_new"]]
    both["change"] = both["new"] - both["old"]
    return both


def _flat(value: Any, path: str) -> dict[str, Any]:
    """A tree of settings as path → plain value."""
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)) and _are_named(value):
        items = [(str(item["name"]), item) for item in value]
    else:
        plain = isinstance(value, (list, tuple))
        return {path: json.dumps(value, ensure_ascii=False, default=str) if plain else value}
    found: dict[str, Any] = {}
    for key, item in items:
        found |= _flat(item, f"{path}.{key}" if path else key)
    return found


def _are_named(items: list[Any] | tuple[Any, ...]) -> bool:
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    return None not in names and len(set(names)) == len(names) > 0


def _inputs(results: Results) -> dict[str, dict[str, Any]]:
    return {entry["role"]: entry for entry in results.provenance.get("inputs", [])}


def _fixed(results: Results) -> pd.DataFrame:
    """Solutions of fixed effects: those without a component."""
    return results.solutions[results.solutions["component"].fillna("") == ""]
