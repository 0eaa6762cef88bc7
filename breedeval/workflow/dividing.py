"""Folds of a validation, from the words of the run file and the columns of the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.config.folds import ClassFolds, ForwardFolds
from breedeval.config.settings import ValidationSettings
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.preparing import Inputs
from breedeval.levels import Levels, classify
from breedeval.model.columns import joined
from breedeval.model.design import Design
from breedeval.pedigree.pedigree import Pedigree
from breedeval.validation.folds import Fold, class_folds, forward_folds, random_folds

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Division:
    """The folds, and whose records they are of.

    Parameters
    ----------
    folds : tuple of Fold
        Of the rows of the table of records.
    repeats : int
    traits : tuple of str
        Traits that are hidden and predicted.
    individuals : Levels
        Those with a record that can be hidden.
    codes : ndarray of int32, shape (rows,)
        Individual of each row of the table; −1 where nothing can be hidden.
    """

    folds: tuple[Fold, ...]
    repeats: int
    traits: tuple[str, ...]
    individuals: Levels
    codes: Codes

    def tested(self, repeat: int) -> NDArray[np.bool_]:
        """Rows that are tested in any fold of a repeat."""
        own = [fold.tested for fold in self.folds if fold.repeat == repeat]
        return np.asarray(np.any(own, axis=0))


def divide(
    asked: ValidationSettings, inputs: Inputs, design: Design, effect: int
) -> Division:
    """The folds that a run file asks for.

    Parameters
    ----------
    asked : ValidationSettings
    inputs : Inputs
    design : Design
        Of all records.
    effect : int
        The effect whose first component names the individual of a record.

    Raises
    ------
    InputError
        A column that is not there or holds no numbers; fewer individuals than folds; one class.
    """
    traits = asked.traits or design.traits
    codes, individuals = _individuals(design, effect, traits, inputs.records.size)
    folds = asked.folds
    if isinstance(folds, int):
        if len(individuals) < folds:
            raise InputError(Problem(
                "validation", f"there are {folds} folds and {len(individuals)} individuals with "
                "records", "Expected one individual a fold at least", "Use fewer folds"))
        found = random_folds(codes, folds=folds, repeats=asked.repeats, seed=asked.seed)
    elif isinstance(folds, ClassFolds):
        found = _of_classes(folds, inputs, codes)
    else:
        found = _forward(folds, inputs, individuals, codes)
    return Division(found, asked.repeats, tuple(traits), individuals, codes)


def _individuals(
    design: Design, effect: int, traits: Sequence[str], rows: int
) -> tuple[Codes, Levels]:
    """Individual of every row of the table whose phenotype can be hidden."""
    term = design.random[effect]
    hidden = np.isin(design.trait, [design.traits.index(trait) for trait in traits])
    records = np.unique(design.unit[hidden])
    own = term.components[0].codes[records, 0]
    there = own >= 0
    present, codes = np.unique(own[there], return_inverse=True)
    spread = np.full(rows, -1, np.int32)
    spread[design.rows[records[there]]] = codes
    return spread, Levels(term.levels.take(present))


def _of_classes(folds: ClassFolds, inputs: Inputs, codes: Codes) -> tuple[Fold, ...]:
    records, findings = inputs.records, Findings()
    factors = tuple(folds.by.split(":"))
    records.require(list(factors), findings, "named in the validation")
    findings.raise_faults()
    levels, classes = classify(joined(records, factors))
    found = class_folds(np.where(codes >= 0, classes, -1), levels.to_list())
    if len(found) < 2:
        raise InputError(Problem(
            "validation: folds", f"the column '{folds.by}' has {len(found)} class among the "
            "records", "Expected two at least", "Name another column"))
    return found


def _forward(
    folds: ForwardFolds, inputs: Inputs, individuals: Levels, codes: Codes
) -> tuple[Fold, ...]:
    values = np.where(codes >= 0, _times(folds.forward, inputs, individuals, codes), np.nan)
    found = forward_folds(values, folds.since)
    for fold in found:
        if not fold.tested.any() or fold.hidden[~np.isnan(values)].all():
            low, high = np.nanmin(values), np.nanmax(values)
            words = "no record" if not fold.tested.any() else "no record before it"
            raise InputError(Problem(
                "validation: folds", f"there is {words} for the start {fold.label}: "
                f"'{folds.forward}' runs from {low:g} to {high:g}",
                "Expected records on both sides of a start", "Correct 'since'"))
    return found


def _times(
    name: str, inputs: Inputs, individuals: Levels, codes: Codes
) -> NDArray[np.float64]:
    """When each row is of: a column of the records, or of the individuals' pedigree."""
    if name in inputs.records.columns:
        findings = Findings()
        values = inputs.records.numbers(name, findings)
        findings.raise_faults()
        return values
    pedigree = inputs.pedigree
    if pedigree is not None and (name == "birth_year" or name in pedigree.carried):
        of_individual = _of_pedigree(name, pedigree)
        rows = pedigree.individuals.codes(individuals.labels)
        own = np.where(rows >= 0, of_individual[rows], np.nan)
        return np.where(codes >= 0, own[codes], np.nan)
    have = [*inputs.records.columns, *(["birth_year", *pedigree.carried] if pedigree else [])]
    raise InputError(Problem(
        "validation: folds", f"there is no column '{name}' in the records"
        + (" or the pedigree" if pedigree else ""), f"The columns are: {', '.join(have[:20])}"))


def _of_pedigree(name: str, pedigree: Pedigree) -> NDArray[np.float64]:
    if name == "birth_year":
        return pedigree.birth_year
    try:
        numbers = pc.cast(pedigree.carried[name], pa.float64())
    except pa.ArrowInvalid:
        raise InputError(Problem(
            "validation: folds", f"the column '{name}' of the pedigree holds no numbers",
            "Expected a number for every individual, such as a year of birth")) from None
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)
