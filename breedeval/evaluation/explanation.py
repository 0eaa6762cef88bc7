"""One individual of one evaluation: its values, why they are so, and what would tell more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from breedeval.errors import InputError, Problem
from breedeval.evaluation.outlook import Knowledge, Outlook, outlook
from breedeval.evaluation.partition import PARTS, WEIGHTS
from breedeval.evaluation.recorded import Recorded, RecordOf, records_of, rows_of
from breedeval.model.spec import Model

KEY = ["effect", "component", "trait"]
SEARCHED = 20_000
"""Names among which one that is nearly right is looked for."""
BASES = {
    "numerator": "the mean of animals without known parents is 0",
    "genomic": "the mean of the genotyped is 0, by the allele frequencies that G is centred with",
    "single_step": "the mean of animals without known parents is 0, as G is brought to the "
                   "pedigree's base",
    "marker_effects": "the mean of the genotyped or of the pedigree's base is 0, as G is centred",
    "dominance": "a deviation, 0 on average in the pedigree's base",
    "epistasis": "a deviation, 0 on average in the pedigree's base",
    "supplied": "0 is the base that the supplied matrix implies"}
GROUPED = "0 is the unknown-parent group that was set to zero, or their mean where none was"
METAFOUNDERS = "the mean of the metafounders is 0"


@dataclass(frozen=True, eq=False)
class Folder:
    """The tables of a results folder, as they were read back; ``label`` is its name."""

    label: str
    breeding_values: pd.DataFrame
    partition: pd.DataFrame
    individuals: pd.DataFrame
    solutions: pd.DataFrame
    variances: pd.DataFrame
    genetic_parameters: pd.DataFrame
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """One part of a value: what it adds, its weight, and what it would say alone."""

    name: str
    value: float
    weight: float | None
    alone: float | None


@dataclass(frozen=True)
class Value:
    """A breeding value and where it comes from.

    ``rank`` is 1 for the highest of ``among``; ``genetic_sd`` the σ of the effect, and ``in_sd``
    the value in it; ``base`` says what 0 is. ``relative`` is the value against the base that the
    run file names, and ``standardised`` on its scale; None where it names none.
    """

    effect: str
    component: str
    trait: str
    value: float
    se: float | None
    reliability: float | None
    accuracy: float | None
    genetic_sd: float
    in_sd: float
    rank: int
    among: int
    records: int
    base: str
    relative: float | None
    standardised: float | None
    sources: tuple[Source, ...]
    outlook: Outlook | None


@dataclass(frozen=True)
class Relative:
    """A parent: its role, its name, and its values in the order of the individual's."""

    role: str
    individual: str
    values: tuple[float | None, ...]
    reliabilities: tuple[float | None, ...]


@dataclass(frozen=True)
class Progeny:
    """How many there are, how many have records, of how many mates, and the means of their values.
    """

    number: int
    with_records: int
    mates: int
    means: tuple[float | None, ...]


@dataclass(frozen=True)
class Explanation:
    """Everything that a results folder tells of one individual.

    Parameters
    ----------
    folder, title, status : str
        Of the run.
    individual : str
    facts : mapping of str to str
        Of the pedigree: sex, birth_year, generation, inbreeding, and what it carries along.
    genotyped : bool or None
        None where no relationship of the run is made of genotypes.
    values : tuple of Value
    parents : tuple of Relative
    progeny : Progeny or None
        None where the run has no pedigree.
    records : tuple of RecordOf
    notes : tuple of str
        What could not be told, and why.
    """

    folder: str
    title: str
    status: str
    individual: str
    facts: Mapping[str, str]
    genotyped: bool | None
    values: tuple[Value, ...]
    parents: tuple[Relative, ...]
    progeny: Progeny | None
    records: tuple[RecordOf, ...]
    notes: tuple[str, ...]


def explain(
    folder: Folder, settings: Mapping[str, Any], individual: str, recorded: Recorded
) -> Explanation:
    """Gather what a results folder tells of one individual.

    Parameters
    ----------
    folder : Folder
    settings : mapping
        Its run file as plain values.
    individual : str
    recorded : Recorded
        The records file and the residuals, as far as they are there.

    Raises
    ------
    InputError
        When there is no such individual.
    """
    own = folder.breeding_values[folder.breeding_values["individual"] == individual]
    people = folder.individuals
    line = people[people["individual"] == individual] if len(people) else people
    if own.empty and line.empty:
        raise InputError(_unknown(folder, individual))
    model = Model.model_validate(settings["model"])
    parts = _own_rows(folder.partition, individual)
    values = tuple(_values(folder, settings, own, parts))
    notes = list(recorded.notes)
    if folder.partition.empty:
        notes.append("The run wrote no 'partition.csv': run it again with 'output: {partition: "
                     "true}' to see where the values come from.")
    return Explanation(
        folder.label, str(settings.get("title", "")), str(folder.summary.get("status", "")),
        individual, _facts(line), _genotyped(folder.partition, parts), values,
        tuple(_parents(folder, own, line)), _progeny(folder, own, individual),
        tuple(records_of(recorded, model, folder.solutions, own, individual)), tuple(notes))


def _unknown(folder: Folder, individual: str) -> Problem:
    names = list(dict.fromkeys([*folder.breeding_values["individual"],
                                *(folder.individuals["individual"] if len(folder.individuals)
                                  else ())]))
    like = [name for name in names if abs(len(name) - len(individual)) <= 2
            and name[:1].casefold() == individual[:1].casefold()]
    near = get_close_matches(individual, (like or names)[:SEARCHED], 3)
    words = " or ".join(f"'{name}'" for name in near)
    return Problem(folder.label, f"there is no individual '{individual}' among "
                   f"{len(names):,}", "Expected a name as in 'breeding_values.csv'",
                   f"Did you mean {words}?" if near else "")


def _own_rows(table: pd.DataFrame, individual: str) -> pd.DataFrame:
    return table[table["individual"] == individual] if len(table) else table


def _facts(line: pd.DataFrame) -> dict[str, str]:
    """What the pedigree says, but for the name and the parents."""
    if line.empty:
        return {}
    return {str(name): str(value) for name, value in line.iloc[0].items()
            if name not in ("individual", "sire", "dam", "listed") and str(value)}


def _genotyped(partition: pd.DataFrame, parts: pd.DataFrame) -> bool | None:
    if partition.empty or not partition["weight_genomic"].any():
        return None
    return bool((parts["weight_genomic"] != 0).any())


def _values(
    folder: Folder, settings: Mapping[str, Any], own: pd.DataFrame, parts: pd.DataFrame
) -> Iterator[Value]:
    first = own.drop_duplicates("trait")[KEY]  # whose records are the individual's own, as a rule
    direct = set(first.itertuples(index=False, name=None))
    for row in rows_of(own):
        key = (row.effect, row.component, row.trait)
        cell = _cell(folder.breeding_values, key)["breeding_value"].to_numpy(np.float64)
        sd = _genetic_sd(folder.variances, key)
        sources = tuple(_sources(_cell(parts, key))) if len(parts) else ()
        yield Value(
            *key, row.breeding_value, _known(row.se), _known(row.reliability),
            _known(row.accuracy), sd, row.breeding_value / sd if sd > 0 else 0.0,
            int((cell > row.breeding_value).sum()) + 1, cell.size, int(row.records),
            _base(settings, row.effect, folder.summary),
            _known(getattr(row, "relative", np.nan)), _known(getattr(row, "standardised", np.nan)),
            sources,
            _outlook(folder, row, sd) if key in direct else None)


def _cell(table: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    effect, component, trait = key
    return table[(table["effect"] == effect) & (table["component"] == component)
                 & (table["trait"] == trait)]


def _genetic_sd(variances: pd.DataFrame, key: tuple[str, str, str]) -> float:
    effect, component, trait = key
    found = variances[
        (variances["effect"] == effect) & (variances["component_1"] == component)
        & (variances["component_2"] == component) & (variances["trait_1"] == trait)
        & (variances["trait_2"] == trait)]["estimate"]
    return float(np.sqrt(found.iloc[0])) if len(found) else float("nan")


def _sources(parts: pd.DataFrame) -> Iterator[Source]:
    """Of the one row of the partition, those that say anything."""
    if parts.empty:
        return
    for name in PARTS:
        value, weight = float(parts[name].iloc[0]), None
        if name in WEIGHTS:
            weight = float(parts[f"weight_{name}"].iloc[0])
        if value != 0.0 or weight:
            yield Source(name, value, weight, value / weight if weight else None)


def _base(settings: Mapping[str, Any], effect: str, summary: Mapping[str, Any]) -> str:
    """What 0 is."""
    name = next(one["relationship"] for one in settings["model"]["random"]
                if one["name"] == effect)
    options = settings.get("relationships", {}).get(name, {})
    kind = str(options.get("kind", name))
    if kind in ("numerator", "single_step") and options.get("metafounders"):
        return METAFOUNDERS
    if kind in ("numerator", "single_step") and (summary.get("pedigree") or {}).get("groups"):
        return GROUPED
    return BASES.get(kind, "the mean of the effect is 0")


def _outlook(folder: Folder, row: Any, sd: float) -> Outlook | None:
    """Only where the records are those of the individuals themselves."""
    heritability = _parameter(folder.genetic_parameters, "heritability", row)
    if heritability is None or not 0.0 <= row.reliability < 1.0:  # not NaN either
        return None
    repeatability = _parameter(folder.genetic_parameters, "repeatability", row, any_effect=True)
    own_variance = row.se**2 / (1.0 - row.reliability) / sd**2
    return outlook(Knowledge(
        float(row.reliability), own_variance, heritability,
        heritability if repeatability is None else repeatability, int(row.records),
        _can_record(folder, row)))


def _can_record(folder: Folder, row: Any) -> bool:
    """Whether anybody of its sex has a record, as far as sexes are known."""
    if folder.individuals.empty:
        return True
    sex = folder.individuals.set_index("individual")["sex"]
    own = sex.get(row.individual, "")
    recorded = folder.breeding_values[folder.breeding_values["records"] > 0]["individual"]
    return not own or bool(sex.reindex(recorded.unique()).isin([own, ""]).any())


def _parameter(
    parameters: pd.DataFrame, name: str, row: Any, *, any_effect: bool = False
) -> float | None:
    found = parameters[(parameters["parameter"] == name) & (parameters["trait_1"] == row.trait)]
    if not any_effect:
        found = found[(found["effect"] == row.effect) & (found["component_1"] == row.component)]
    return float(found["estimate"].iloc[0]) if len(found) == 1 else None


def _parents(folder: Folder, own: pd.DataFrame, line: pd.DataFrame) -> Iterator[Relative]:
    if line.empty:
        return
    for role in ("sire", "dam"):
        name = str(line.iloc[0][role])
        if name:
            values, reliabilities = _of_same_cells(folder, own, [name])
            yield Relative(role, name, values, reliabilities)


def _of_same_cells(
    folder: Folder, own: pd.DataFrame, names: list[str]
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """Mean values and reliabilities of some individuals, in the cells of another."""
    some = folder.breeding_values[folder.breeding_values["individual"].isin(names)]
    found: tuple[list[float | None], list[float | None]] = ([], [])
    for row in rows_of(own):
        key = (row.effect, row.component, row.trait)
        cell = _cell(some, key)
        for column, into in zip(("breeding_value", "reliability"), found, strict=True):
            into.append(_known(cell[column].mean()) if len(cell) else None)
    return tuple(found[0]), tuple(found[1])


def _progeny(folder: Folder, own: pd.DataFrame, individual: str) -> Progeny | None:
    people = folder.individuals
    if people.empty:
        return None
    as_sire, as_dam = people["sire"] == individual, people["dam"] == individual
    names = people[as_sire | as_dam]["individual"].tolist()
    mates = pd.concat([people[as_sire]["dam"], people[as_dam]["sire"]])
    values = folder.breeding_values
    seen = values[values["individual"].isin(names) & (values["records"] > 0)]["individual"]
    return Progeny(len(names), int(seen.nunique()), int(mates[mates != ""].nunique()),
                   _of_same_cells(folder, own, names)[0])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
