"""An evaluation of two traits with everything that is decided from it, made without a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.selection.coancestry import FromPedigree
from breedeval.selection.compact import Compact, compact
from tests.unit.report.fake_evaluation import animal_model, values

WEIGHTS = {"milk": 0.4, "fat": 1.0}
OTHERS = {"only milk": {"milk": 1.0, "fat": 0.0}}


def selection(n: int = 600, *, females: int = 12, males: int = 4, unequal: bool = False
              ) -> Evaluation:
    """A herd of n of whom the younger half are candidates."""
    base = animal_model(n)
    people = base.individuals.assign(sex=base.individuals["sex"].map({1: "male", 2: "female"}))
    traits = [values(people, ("animal", "animal", name), variance, seed)
              for name, variance, seed in (("milk", 4.0, 5), ("fat", 1.0, 6))]
    table = selection_table(people, traits, females, males)
    if unequal:
        used = table["contribution"].to_numpy() * np.linspace(1.6, 0.4, len(table))
        for sex in ("female", "male"):
            own = (table["sex"] == sex).to_numpy()
            used[own] *= 0.5 / used[own].sum()
        table["contribution"] = used
    return replace(
        base, individuals=people, breeding_values=pd.concat(traits, ignore_index=True),
        settings={**base.settings, "selection": {"index": {"weights": WEIGHTS}},
                  "trend": {"by": "birth_year", "mean": 100, "sd": 12}},
        decisions={"selection": table, "index": index_table(table),
                   **(contributions(table) if unequal else {}),
                   "trend": trend(people, traits), "matings": matings(table), **paths()},
        summary={**base.summary, "selection": facts(table, n), "mating": MATING,
                 **({"contributions": CONTRIBUTIONS} if unequal else {}),
                 "trend": {"by": "birth_year", "base": ["birth_year == 2000"]}},
        coancestry=vars(relatives(people, table)))


def selection_table(
    people: pd.DataFrame, traits: list[pd.DataFrame], females: int, males: int
) -> pd.DataFrame:
    """Candidates by rank, the best of each sex selected and used alike."""
    found = people[["individual", "sex", "birth_year", "inbreeding", "herd"]].copy()
    found["records"] = traits[0]["records"]
    for name, frame in zip(WEIGHTS, traits, strict=True):
        found[name] = frame["breeding_value"]
    found["index"] = sum(weight * found[name] for name, weight in WEIGHTS.items())
    found["accuracy"] = traits[0]["accuracy"]
    found["reliability"] = traits[0]["reliability"]
    found = found.iloc[len(found) // 2:].sort_values("index", ascending=False)
    found = found.reset_index(drop=True)
    found.insert(1, "rank", np.arange(1, len(found) + 1))
    within = found.groupby("sex").cumcount() + 1
    wanted = found["sex"].map({"female": females, "male": males})
    found["selected"] = within <= wanted
    found["contribution"] = np.where(found["selected"], 0.5 / wanted, 0.0)
    return found


def index_table(table: pd.DataFrame) -> pd.DataFrame:
    """Responses under two sets of weights."""
    rows = []
    for name, weights in {"index": WEIGHTS, **OTHERS}.items():
        for criterion, weight in weights.items():
            own = table[criterion]
            gain = sum(0.5 * (own[(table["sex"] == sex) & table["selected"]].mean()
                              - own[table["sex"] == sex].mean()) for sex in ("female", "male"))
            rows.append({
                "index": name, "criterion": criterion, "weight": weight, "coefficient": weight,
                "genetic_sd": 2.0 if criterion == "milk" else 1.0,
                "mean_candidates": own.mean(), "mean_selected": own.mean() + gain,
                "response": gain, "response_in_sd": gain / 2, "response_per_year": gain / 5,
                "predicted_response": 1.1 * gain})
    return pd.DataFrame(rows)


def facts(table: pd.DataFrame, n: int) -> dict[str, Any]:
    """What the summary says of it."""
    sexes = {sex: table[table["sex"] == sex] for sex in ("female", "male")}
    return {
        "criteria": list(WEIGHTS), "individuals": n, "candidates": len(table),
        "left_out": {"not birth_year >= 2008": n - len(table)},
        "selected": {sex: int(own["selected"].sum()) for sex, own in sexes.items()},
        "intensity": {sex: {"candidates": len(own), "selected": int(own["selected"].sum()),
                            "infinite": 1.9, "finite": 1.8, "reached": 1.75,
                            "expected_deviation": 1.6} for sex, own in sexes.items()},
        "index_mean": {sex: {"candidates": own["index"].mean(),
                             "selected": own.loc[own["selected"], "index"].mean()}
                       for sex, own in sexes.items()},
        "index_sd": 1.3, "accuracy": 0.61, "generation_interval": 4.7}


def relatives(people: pd.DataFrame, table: pd.DataFrame) -> Compact:
    """Coancestry among the candidates, from the pedigree."""
    names = pd.Index(people["individual"])
    sire, dam = (names.get_indexer(people[parent]).astype(np.int32) for parent in ("sire", "dam"))
    found = inbreeding(sire, dam)
    rows = names.get_indexer(table["individual"]).astype(np.int32)
    whole = FromPedigree(sire, dam, found.mendelian, rows, 1 + found.coefficients[rows])
    return compact(whole.among(np.arange(len(rows))))


def trend(people: pd.DataFrame, traits: list[pd.DataFrame]) -> pd.DataFrame:
    """Means by year of birth and sex, with bands."""
    parts = []
    for frame in traits:
        own = pd.DataFrame({"group": people["sex"], "at": np.floor(people["birth_year"]),
                            "value": frame["breeding_value"]})
        found = own.groupby(["group", "at"])["value"].agg(
            individuals="size", mean="mean", sd="std").reset_index()
        found["se"] = 0.4 / np.sqrt(found["individuals"])
        found["lower"], found["upper"] = (
            found["mean"] + sign * 1.96 * found["se"] for sign in (-1, 1))
        parts.append(found.assign(effect="animal", component="animal",
                                  trait=frame["trait"].iloc[0]))
    return pd.concat(parts, ignore_index=True)


def paths() -> dict[str, pd.DataFrame]:
    """Ages of parents, and their superiority."""
    names = ["sires of males", "sires of females", "dams of males", "dams of females"]
    return {
        "generation_intervals": pd.DataFrame({
            "path": [*names, "sires", "dams", "all parents"], "pairs": 100,
            "interval": 4.5, "sd": 1.2}),
        "selection_differentials": pd.DataFrame([
            {"effect": "animal", "component": "animal", "trait": trait, "path": path,
             "year": year, "pairs": 100, "differential": 0.31}
            for trait in WEIGHTS for path in names for year in (2005.0, np.nan)])}


def matings(table: pd.DataFrame) -> pd.DataFrame:
    """Every selected female with a male."""
    females = table[table["selected"] & (table["sex"] == "female")]
    males = table[table["selected"] & (table["sex"] == "male")]["individual"].to_numpy()
    count = np.arange(len(females))
    return pd.DataFrame({
        "female": females["individual"].to_numpy(), "male": males[count % len(males)],
        "herd": females["herd"].to_numpy(), "matings": 1 + count % 2,
        "expected_inbreeding": 0.001 * count, "expected_index": 2.0 - 0.01 * count})


def contributions(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Parents by their use, and a frontier through the run."""
    used = table[table["selected"]].sort_values("contribution", ascending=False)
    share = np.linspace(0, 1, 7)
    return {
        "contributions": pd.DataFrame({
            "individual": used["individual"], "sex": used["sex"], "index": used["index"],
            "contribution": used["contribution"], "matings": 2, "minimum": 0.0, "maximum": 0.1,
            "at": np.where(np.arange(len(used)) == 0, "maximum", "between"),
            "coancestry": 0.06}).reset_index(drop=True),
        "contribution_frontier": pd.DataFrame({
            "coancestry": 0.03 + 0.07 * share**2, "delta_f": 0.02 + 0.07 * share**2,
            "index": 1.0 + 2.0 * share, "response": 2.0 * share, "parents": 30,
            "largest": 0.1, "chosen": np.arange(7) == 3})}


CONTRIBUTIONS = {
    "limit": 0.05, "coancestry": 0.0475, "present_coancestry": 0.02, "least_coancestry": 0.03,
    "delta_f": 0.028, "effective_size": 17.9, "index": 2.0, "response": 1.0, "price": 0.21,
    "parents": {"female": 12, "male": 4}, "at_maximum": 1, "lost_by_whole_numbers": 0.01,
    "optimality": {"relative_gap": 2e-9}, "truncation": {"index": 2.1, "coancestry": 0.08}}
MATING = {"objective": "inbreeding", "matings": 18, "pairs": 12, "females": 12, "males": 4,
          "mean_inbreeding": 0.005, "random_inbreeding": 0.012, "highest_inbreeding": 0.011,
          "mean_index": 1.9, "gap": 0.0, "forbidden_pairs": {"above 0.0625": 3}}
