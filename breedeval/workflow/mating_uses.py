"""How often each parent is mated: by contributions, by limits of the run file, or alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.model.form import Misfit, MisfitError
from breedeval.selection.mating import CONTRIBUTIONS, Side
from breedeval.selection.settings import MatingSettings, SelectionSettings
from breedeval.workflow.mating_plan import BASE

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def make_sides(
    settings: SelectionSettings, frame: pd.DataFrame, first: Int64, second: Int64,
    kinds: tuple[str, str], shares: Float64,
) -> tuple[tuple[Side, Side], int | None]:
    """Parents of both sides with their least and most matings, and the number of matings.

    None where the uses of a side add up to it.

    Parameters
    ----------
    settings : SelectionSettings
    frame : DataFrame
        Of the candidates.
    first, second : ndarray of int64
        Their rows of the parents; the same object where any two may be mated.
    kinds : (str, str)
    shares : ndarray of float64
        Contributions of everybody in the table; those of a plan with ``contributions:`` come to
        whole numbers of matings.
    """
    asked = settings.mating
    assert asked is not None
    names = frame["individual"].astype(str).to_numpy()
    fixed = shares if settings.contributions is not None else None
    if second is first:
        total = asked.matings or max(1, first.size // 2)
        if asked.max_per_male is not None or asked.min_per_male is not None:
            key = "max_per_male" if asked.max_per_male is not None else "min_per_male"
            raise MisfitError(Misfit((*BASE, key), "the selected have no sexes", "Expected a limit "
                                     "for all of them", "Write 'max_per_female'"))
        lines = _side(kinds[0], names[first], 2 * total, (None, asked.max_per_female),
                      None if fixed is None else fixed[first])
        return (lines, lines), None if lines.fixed else total
    total = asked.matings or first.size
    females = _side(kinds[0], names[first], total, (None, _of_females(asked)),
                    None if fixed is None else fixed[first])
    males = _side(kinds[1], names[second], total, (asked.min_per_male, asked.max_per_male),
                  None if fixed is None else fixed[second])
    return (females, males), None if females.fixed or males.fixed else total


def _of_females(asked: MatingSettings) -> int | None:
    """Most matings of a female; one each where no number of matings is given."""
    return asked.max_per_female if asked.matings is not None else None


def _side(
    kind: str, names: NDArray[np.object_], total: int, limits: tuple[int | None, int | None],
    shares: Float64 | None,
) -> Side:
    """Parents of one side, who have ``total`` matings together."""
    least, most = limits
    count, key = names.size, "max_per_male" if kind == "male" else "max_per_female"
    listed = [str(name) for name in names]
    if shares is not None:
        uses: Int64 = np.rint(shares * (total / shares.sum())).astype(np.int64)
        over = np.flatnonzero(uses > (total if most is None else most))
        if over.size:
            one = int(over[0])
            raise MisfitError(Misfit(
                (*BASE, key), f"by their contributions {over.size:,} {kind}s have more matings, "
                f"such as '{listed[one]}' with {uses[one]}", f"'{key}' allows {most}",
                "Raise it, or lower 'contributions: max_per_candidate'"))
        return Side(kind, listed, uses, uses, CONTRIBUTIONS)
    if least is None and most is None:  # alike
        return Side(kind, listed, np.full(count, total // count), np.full(
            count, -(-total // count)), key)
    return Side(kind, listed, np.full(count, least or 0),
                np.full(count, total if most is None else most), key)
