"""What a run file asks of single parameters of its model: fixed, tied, bounded, profiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breedeval.equations.henderson import Equations
from breedeval.model.form import Misfit, MisfitError
from breedeval.variance.parameters import Constraints, Parameters, constrain, name_parameters

if TYPE_CHECKING:
    from breedeval.evaluation.estimation import EstimationOptions

SHOWN = 12
"""Names of parameters that a message lists."""


@dataclass(frozen=True, eq=False)
class Wishes:
    """Names of the parameters of a model, and what is asked of them.

    Parameters
    ----------
    parameters : Parameters
    constraints : Constraints
    profiled : tuple of int
        Parameters whose likelihood is profiled.
    """

    parameters: Parameters
    constraints: Constraints
    profiled: tuple[int, ...]


def wishes_of(equations: Equations, options: EstimationOptions) -> Wishes:
    """Find the parameters that the words of a run file stand for.

    Parameters
    ----------
    equations : Equations
        At the starting values.
    options : EstimationOptions

    Raises
    ------
    MisfitError
        Every word that does not fit, at once.
    """
    parameters = parameter_names(equations)
    misfits: list[Misfit] = []
    constraints = None
    try:
        constraints = constrain(parameters, equations.variances.values, fix=options.fix,
                                tie=options.tie, bound=options.bound)
    except MisfitError as error:
        misfits += error.misfits
    misfits += _profile_misfits(parameters, constraints, options.profile)
    if misfits or constraints is None:
        raise MisfitError(*misfits)
    found = [parameters.positions(word) or () for word in options.profile]
    return Wishes(parameters, constraints, tuple(at for positions in found for at in positions))


def _profile_misfits(
    parameters: Parameters, constraints: Constraints | None, words: Sequence[str]
) -> Iterator[Misfit]:
    for at, word in enumerate(words):
        path = ("variances", "profile", at)
        positions = parameters.positions(word)
        if positions is None or len(positions) != 1:
            names = [parameters.names[k] for k in positions or ()] or parameters.names
            yield Misfit(path, f"'{word}' is not one parameter",
                         f"Expected one of {', '.join(names[:SHOWN])}", "Correct the name")
        elif constraints is not None and constraints.fixed[positions[0]]:
            yield Misfit(path, f"'{word}' is fixed, so that its likelihood is not maximised",
                         "Expected a parameter that is estimated",
                         "Remove it from 'fix', or from 'profile'")


def parameter_names(equations: Equations) -> Parameters:
    """Names of the variance parameters of a model."""
    design = equations.design
    return name_parameters(
        equations.variances, {term.name: design.cell_labels(term) for term in design.random},
        classes=design.residual.levels, traits=design.residual_labels(),
        covariates=design.residual.names)
