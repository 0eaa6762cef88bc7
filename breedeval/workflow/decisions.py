"""Everything that a run decides beside its breeding values: planned early, made at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.model.form import Misfit, MisfitError
from breedeval.workflow.decided import Decisions
from breedeval.workflow.ladder import Run

if TYPE_CHECKING:
    from breedeval.workflow.selection_plan import Plan
    from breedeval.workflow.trend import TrendPlan

KEY = ["effect", "component", "trait", "individual"]


@dataclass(frozen=True, eq=False)
class Plans:
    """What is to be decided; None where it was not asked for."""

    selection: Plan | None = None
    trend: TrendPlan | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to decide."""
        return self.selection is not None or self.trend is not None


def plan_decisions(run: Run, equations: Equations) -> Plans:
    """Understand what a run is to decide, before it is solved.

    Raises
    ------
    MisfitError
        Of everything that does not fit, at once.
    """
    if run.settings.selection is None and run.settings.trend is None:
        return Plans()
    from breedeval.workflow.selection_plan import plan_selection  # slow to load
    from breedeval.workflow.trend import plan_trend

    selection, trend, misfits = None, None, list[Misfit]()
    try:
        selection = plan_selection(run, equations)
    except MisfitError as error:
        misfits += error.misfits
    try:
        trend = plan_trend(run, equations)
    except MisfitError as error:
        misfits += error.misfits
    if misfits:
        raise MisfitError(*misfits)
    return Plans(selection, trend)


def decide_all(plans: Plans, run: Run, solutions: Solutions, step: Step) -> Decisions:
    """Selection and trends; tables and summaries of both together."""
    parts = list(_parts(plans, run, solutions, step))
    return Decisions({name: table for part in parts for name, table in part.tables.items()},
                     {key: value for part in parts for key, value in part.summary.items()},
                     next((part.base for part in parts if len(part.base)), pd.DataFrame()),
                     next((part.coancestry for part in parts if part.coancestry), None))


def with_base(values: pd.DataFrame, decided: Decisions) -> pd.DataFrame:
    """Breeding values with what the base makes of them: columns relative and standardised."""
    if decided.base.empty:
        return values
    scales = decided.base.drop(columns="in_base")
    return values.merge(scales, how="left", on=KEY, validate="many_to_one")


def _parts(plans: Plans, run: Run, solutions: Solutions, step: Step) -> Iterator[Decisions]:
    if plans.trend is not None:
        from breedeval.workflow.trend import trends

        yield trends(plans.trend, run, solutions, solutions.system, step)
    if plans.selection is not None:
        from breedeval.workflow.selection import decide

        yield decide(plans.selection, run, solutions, solutions.system, step)
