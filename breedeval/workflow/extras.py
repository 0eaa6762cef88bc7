"""What follows from the solutions of a run beside its breeding values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from breedeval.errors import InputError
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.result import Evaluation
from breedeval.evaluation.solving import Solutions
from breedeval.workflow.decided import Decisions
from breedeval.workflow.decisions import Plans, decide_all, with_base
from breedeval.workflow.journal import Journal
from breedeval.workflow.ladder import Run, placed

if TYPE_CHECKING:
    from breedeval.workflow.marker_effects import MarkerResults
    from breedeval.workflow.validation import Validation

MARKERS = "marker_effects"
"""Name of the file of arrays of marker effects."""


class UndecidedError(InputError):
    """An evaluation whose decisions cannot be made as the run file asks.

    Parameters
    ----------
    evaluation : Evaluation
        Everything else; its summary says what is ``undecided``.
    *problems : str
    """

    def __init__(self, evaluation: Evaluation, *problems: str) -> None:
        self.evaluation = evaluation
        super().__init__(*problems)


@dataclass(frozen=True, eq=False)
class Extras:
    """What a run file asks for beside breeding values; None where it does not.

    ``undecided`` are the messages of why decisions cannot be made.
    """

    undecided: tuple[str, ...]
    decided: Decisions | None
    markers: MarkerResults | None
    checked: Validation | None

    def added_to(self, evaluation: Evaluation) -> Evaluation:
        """The evaluation with it."""
        summary = dict(evaluation.summary)
        if self.undecided:
            summary["undecided"] = list(self.undecided)
        if self.decided is not None:
            summary |= self.decided.summary
            evaluation = replace(
                evaluation, breeding_values=with_base(evaluation.breeding_values, self.decided),
                decisions=self.decided.tables, coancestry=vars(self.decided.coancestry)
                if self.decided.coancestry is not None else {})
        if self.markers is not None:
            summary["marker_effects"] = self.markers.summary
            evaluation = replace(
                evaluation, marker_effects=self.markers.effects,
                marker_windows=self.markers.windows,
                arrays={**evaluation.arrays, MARKERS: self.markers.arrays})
        if self.checked is not None:
            summary["validation"] = self.checked.summary
            evaluation = replace(evaluation, validation=self.checked.table,
                                 validation_predictions=self.checked.predictions)
        return replace(evaluation, summary=summary)


def find_extras(
    plans: Plans, run: Run, solutions: Solutions, options: SolveOptions, journal: Journal
) -> Extras:
    """Decide, solve the effects of markers back, and validate: whatever was asked for."""
    settings, step = run.settings, journal.step
    decided = markers = checked = None
    undecided: tuple[str, ...] = ()
    if plans.any:
        try:
            with placed(run):
                decided = decide_all(plans, run, solutions, step)
        except InputError as error:
            undecided = error.problems
    if settings.marker_effects is not None:
        from breedeval.workflow.marker_effects import results_of_markers  # slow to load

        markers = results_of_markers(run, solutions, options, step)
    if settings.validation is not None:
        from breedeval.workflow.validation import validate

        checked = validate(run, solutions, options, step)
    return Extras(undecided, decided, markers, checked)
