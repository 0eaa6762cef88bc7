"""What is known of individuals beside their breeding values: columns of pedigree and records."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from breedeval.evaluation.criteria import Cell
from breedeval.evaluation.tables import SEX
from breedeval.levels import Levels
from breedeval.model.design import Design
from breedeval.records import Table
from breedeval.workflow.ladder import Run

_WORDS = {"1": "male", "m": "male", "male": "male", "2": "female", "f": "female",
          "female": "female"}
OF_PEDIGREE = ("sire", "dam", "sex", "birth_year", "generation")


def attribute_names(run: Run) -> list[str]:
    """Every column that may be asked for."""
    pedigree = run.inputs.pedigree
    own = [] if pedigree is None else [*OF_PEDIGREE, *pedigree.carried]
    return list(dict.fromkeys([*own, *run.inputs.records.columns]))


def attributes_of(
    run: Run, individuals: Levels, names: Iterable[str], design: Design, cell: Cell
) -> pd.DataFrame:
    """Columns of the individuals, one row each in their order.

    Those of the pedigree where it has them; else of the records of an individual, missing where
    these do not agree. A sex that the pedigree does not know is sought in the records.

    Parameters
    ----------
    run : Run
    individuals : Levels
    names : iterable of str
        Of :func:`attribute_names`; ``sex`` and ``birth_year`` come always where they are known.
    design : Design
    cell : Cell
        Whose effect says which records are whose.
    """
    wanted = dict.fromkeys(["sex", "birth_year", *names])
    frame = pd.DataFrame({"individual": individuals.to_series()})
    for name in wanted:
        column = _of_pedigree(run, individuals, name)
        if name in run.inputs.records.columns and (column is None or name == "sex"):
            recorded = _of_records(run.inputs.records, individuals, name, design, cell)
            column = _sexes(recorded, column) if name == "sex" else _numbers(recorded)
        if column is not None:
            frame[name] = column
    return frame


def _of_pedigree(run: Run, individuals: Levels, name: str) -> pd.Series | None:
    pedigree = run.inputs.pedigree
    if pedigree is None:
        return None
    rows = pedigree.individuals.codes(individuals.labels)
    known = rows >= 0
    if name in ("sire", "dam"):
        parent = np.where(known, getattr(pedigree, name)[rows], -1).astype(np.int32)
        return pd.Series(pedigree.individuals.take(parent).to_pandas(), dtype="str")
    if name == "sex":
        return pd.Series(SEX[pedigree.sex[rows]]).where(known & (pedigree.sex[rows] > 0))
    if name in ("birth_year", "generation"):
        values = getattr(pedigree, name)[rows].astype(np.float64)
        return pd.Series(np.where(known, values, np.nan))
    if name in pedigree.carried:
        column: pd.Series = pedigree.carried[name].to_pandas().iloc[rows]
        return column.where(known).reset_index(drop=True)
    return None


def _of_records(
    records: Table, individuals: Levels, name: str, design: Design, cell: Cell
) -> pd.Series:
    """A column of the records where all of an individual's agree."""
    term = design.random[cell.effect]
    owner = individuals.codes(term.levels.labels)[term.components[0].codes[:, 0]]
    cells = records.text(name).to_pandas().iloc[design.rows].reset_index(drop=True)
    own = pd.DataFrame({"owner": owner, "cell": cells})[owner >= 0].dropna()
    grouped = own.groupby("owner")["cell"]
    agreed = grouped.first()[grouped.nunique() == 1]
    return agreed.reindex(range(len(individuals)))


def _numbers(column: pd.Series) -> pd.Series:
    """As numbers where all known cells are."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if (numbers.isna() & column.notna()).any() or column.isna().all() else numbers


def _sexes(recorded: pd.Series, known: pd.Series | None) -> pd.Series:
    """Sexes by the pedigree, and where it does not know them by the records.

    What a label means is seen from those whose sex is known, as parents mostly; else M, male and
    1 are males, and F, female and 2 are females.
    """
    labels = recorded.astype("str").str.strip().str.casefold().where(recorded.notna())
    learned: dict[str, str] = {}
    if known is not None:
        both = pd.DataFrame({"label": labels, "sex": known}).dropna()
        learned = {str(label): str(own.mode().iloc[0])
                   for label, own in both.groupby("label")["sex"]}
    meaning = {**_WORDS, **learned}
    if len(learned) == 1 and labels.nunique() == 2:  # the other label is the other sex
        (sex,) = learned.values()
        other = "male" if sex == "female" else "female"
        meaning.update({str(label): other for label in labels.dropna().unique()
                        if label not in learned})
    found = labels.map(meaning)
    return found if known is None else known.where(known.notna(), found)
