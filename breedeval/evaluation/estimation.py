"""Variances from the data: the likelihood of a model, maximised from its starting point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.errors import InputError, Problem
from breedeval.evaluation.centring import centring_of
from breedeval.evaluation.engines import Chosen, Engine, choose_likelihood
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import Step, say_nothing
from breedeval.evaluation.systems import System
from breedeval.evaluation.variation import check_variation
from breedeval.evaluation.wishes import wishes_of
from breedeval.variance.delta import Sampling
from breedeval.variance.diagnosis import find_gaps, never_together, shortened
from breedeval.variance.fixed_tests import FixedTest, test_fixed_effects
from breedeval.variance.following import with_value
from breedeval.variance.maximise import Options, maximise
from breedeval.variance.maximum import Maximum
from breedeval.variance.moments import as_start, has_moments, haseman_elston
from breedeval.variance.objective import REFUSED, Objective
from breedeval.variance.parameters import Constraints, Parameters
from breedeval.variance.profile import Profile, profile_parameter
from breedeval.variance.progress import State
from breedeval.variance.start import starting_matrices

SMALL_BY_ML = "Variances by maximum likelihood are too small and so is the p-value"
"""Note of tests that are for variances by REML."""

TOLERANCE, EM_TOLERANCE = 1e-10, 1e-6
"""Expected gain in log-likelihood at which average information, and EM alone, stop."""

Vector = NDArray[np.float64]
OnRound = Callable[[State], None]


@dataclass(frozen=True)
class EstimationOptions:
    """The ``variances:`` part of a run file that estimates them.

    Parameters
    ----------
    method : {'reml', 'ml'}
    fix, tie, bound
        What is asked of parameters, by name.
    engine : str
        Which form of the likelihood; the quickest when ``auto``.
    started : bool
        Whether start values were given, so that none are sought by moments.
    algorithm : {'auto', 'ai', 'em'}
    max_rounds : int
    tolerance : float or None
        Expected gain in log-likelihood at which it stops; by the algorithm when None.
    profile : tuple of str
        Parameters whose likelihood is profiled.
    tests : str
        Denominator degrees of freedom of the tests of fixed effects, or ``none``.
    """

    method: Literal["reml", "ml"] = "reml"
    fix: tuple[str, ...] = ()
    tie: tuple[tuple[str, ...], ...] = ()
    bound: Mapping[str, tuple[float, float]] | None = None
    engine: Engine = "auto"
    started: bool = False
    algorithm: Literal["auto", "ai", "em"] = "auto"
    max_rounds: int = 200
    tolerance: float | None = None
    profile: tuple[str, ...] = ()
    tests: Literal["auto", "kenward_roger", "satterthwaite", "residual", "none"] = "auto"


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated variances and what is known of them.

    Parameters
    ----------
    options : EstimationOptions
    parameters : Parameters
        Names.
    constraints : Constraints
        What was asked of them.
    maximum : Maximum
    equations : Equations
        At the estimates.
    fixed_tests : tuple of FixedTest
    profiles : tuple of Profile
    advice : tuple of str
        What the data lack, when it did not converge or a parameter is on its boundary.
    moments : ndarray of float64, or None
        Variances by Haseman & Elston's regression.
    system : System or None
        With V at the estimates, where that is how they were found.
    """

    options: EstimationOptions
    parameters: Parameters
    constraints: Constraints
    maximum: Maximum
    equations: Equations
    fixed_tests: tuple[FixedTest, ...] = ()
    profiles: tuple[Profile, ...] = ()
    advice: tuple[str, ...] = ()
    moments: Vector | None = None
    system: System | None = None

    @property
    def sampling(self) -> Sampling:
        """Names, sampling covariance and statuses of the parameters."""
        maximum = self.maximum
        return Sampling(
            maximum.names, maximum.covariance, maximum.statuses, maximum.unknown, maximum.zeros)

    @property
    def undetermined(self) -> tuple[tuple[str, ...], ...]:
        """Sets of parameters that the data cannot tell apart, so that their estimates mean nothing.

        Not among them are residual covariances of traits that no record has both of, on which
        nothing else depends.
        """
        unseen = {self.parameters.names[k] for pair in never_together(self.equations)
                  for k in self.parameters.of_residual(*pair)}
        return tuple(names for names in self.maximum.confounded if not unseen.issuperset(names))

    @property
    def free_parameters(self) -> int:
        """Parameters that were estimated; tied ones count once, those on a boundary count."""
        return int(self.constraints.lower.size)


def estimate(
    equations: Equations, options: EstimationOptions, solve: SolveOptions, *,
    step: Step = say_nothing, on_round: OnRound | None = None,
    resume: State | None = None,
) -> Estimate:
    """Estimate the variances of a model.

    Parameters
    ----------
    equations : Equations
        At the starting values.
    options : EstimationOptions
    solve : SolveOptions
        Which direct solver, threads and the limit of memory.
    step : callable
        Told what begins.
    on_round : callable
        Called after each round with what it did and a state to resume from.
    resume : State, optional
        A state that an earlier call gave to ``on_round``.

    Raises
    ------
    LimitError
        When a factorisation does not fit the memory.
    InputError
        When a trait has no variance to estimate, a name is unknown, or the equations are singular
        at the start.
    """
    check_variation(equations)
    wishes = wishes_of(equations, options)
    constraints = wishes.constraints
    centring = centring_of(equations, constraints, wishes.profiled)
    centred = centring.centred(equations)
    chosen = choose_likelihood(centred, solve, engine=options.engine, method=options.method)
    by = "V in its " + chosen.engine + " form" if chosen.plan is None else chosen.plan.engine
    step(f"Estimating {len(constraints.lower)} variance parameters by {options.method.upper()} "
         f"with {by}, {equations.size:,} equations: {chosen.reason}")
    moments = _moments(equations, chosen, options, step) if resume is None else None
    with chosen.blas():
        likelihood = chosen.make()
        start = _likelier(likelihood, centred.variances, moments)
        try:
            maximum = maximise(
                likelihood, constraints.start(start), constraints,
                _settings(options, equations), on_round=on_round, resume=resume)
        except np.linalg.LinAlgError as error:
            raise _indefinite(chosen) from error
    maximum = centring.restored(maximum)
    found = Estimate(options, wishes.parameters, constraints, maximum,
                     equations.at(maximum.variances), moments=moments)
    if not maximum.converged or maximum.confounded:
        found = replace(found, advice=_advice(equations, maximum))
    with chosen.blas():
        return _with_inference(found, likelihood, chosen, wishes.profiled, step)


def _moments(
    equations: Equations, chosen: Chosen, options: EstimationOptions, step: Step
) -> Vector | None:
    """Haseman & Elston's variances, where relationships are matrices and nothing is held."""
    free = not (options.started or options.fix or options.tie or options.bound)
    if chosen.kernels is None or not free or not has_moments(equations):
        return None
    with chosen.blas():
        found = haseman_elston(equations, chosen.kernels())
    names = [*(term.name for term in equations.design.random), "residual"]
    step("Haseman-Elston regression: " + ", ".join(
        f"{name} {value:.4g}" for name, value in zip(names, found, strict=True)))
    return found


def _likelier(likelihood: Objective, usual: Variances, moments: Vector | None) -> Variances:
    """Where to start: from shares of the phenotypic variance, or from moments."""
    if moments is None:
        return usual
    other = usual.at(as_start(moments))
    return max((usual, other), key=lambda point: _log_likelihood(likelihood, point))


def _log_likelihood(likelihood: Objective, point: Variances) -> float:
    """That of a point; −∞ where V is not positive definite, as relationships may make it."""
    try:
        return likelihood(point).log_likelihood
    except REFUSED:
        return -np.inf


def _indefinite(chosen: Chosen) -> Exception:
    """What to say where V has no factor even where estimation starts."""
    return InputError(Problem(
        "variances", f"V is not positive definite where estimation starts ({chosen.engine})",
        "Expected relationships without eigenvalues far below 0; 'method: yang' and matrices of a "
        "user may have them", "Add 'ridge' to the relationship, or give a smaller 'start' for it"))


def _settings(options: EstimationOptions, equations: Equations) -> Options:
    """Options of the maximiser; what counts as no variance is a share of that in the data."""
    found = starting_matrices(equations.design)
    scales = tuple(np.diagonal(matrix).copy() for matrix in (*found.effects, *found.residual))
    tolerance = options.tolerance or (EM_TOLERANCE if options.algorithm == "em" else TOLERANCE)
    return Options(algorithm=options.algorithm, max_rounds=options.max_rounds,
                   tolerance=tolerance, scales=scales)


def _advice(equations: Equations, maximum: Maximum) -> tuple[str, ...]:
    """What the data lack for the parameters that did not settle, and what to try."""
    words = [f"{not_separated(names)}." for names in maximum.confounded]
    words += [f"{gap.found[0].upper()}{gap.found[1:]}. {gap.remedy}."
              for gap in find_gaps(equations)]
    if not maximum.converged:
        words.append("Raise 'variances: max_rounds', give 'start' values, or leave an effect out.")
    return tuple(dict.fromkeys(words))


def not_separated(names: Sequence[str]) -> str:
    """What the data cannot tell of some parameters."""
    if len(names) == 1:
        return f"The data say nothing of {names[0]}"
    return f"The data cannot separate {shortened(names)}"


def _with_inference(
    found: Estimate, likelihood: Objective, chosen: Chosen, profiled: Sequence[int], step: Step,
) -> Estimate:
    """The system at the estimates; tests of fixed effects and profiles, where asked for."""
    options, tested = found.options, found.options.tests != "none"
    if tested:
        step("Testing the fixed effects")
    system = chosen.system(found.equations) if tested or chosen.plan is None else None
    if chosen.plan is None:
        found = replace(found, system=system)
    if options.tests != "none" and system is not None:
        tests = test_fixed_effects(
            found.equations, found.maximum.covariance, system, denominator=options.tests)
        if options.method == "ml":
            tests = tuple(replace(test, note="; ".join(filter(None, (test.note, SMALL_BY_ML))))
                          for test in tests)
        found = replace(found, fixed_tests=tests)
    profiles = []
    for at in profiled:
        step(f"Profiling the likelihood of '{found.parameters.names[at]}'")
        profiles.append(_profile(found, likelihood, at))
    return replace(found, profiles=tuple(profiles))


def _profile(found: Estimate, likelihood: Objective, at: int) -> Profile:
    """The profile of a free parameter, and what is tied to it, within its bounds."""
    constraints, variances = found.constraints, found.maximum.variances
    settings = replace(_settings(found.options, found.equations), algorithm="ai")
    together = constraints.together(at)
    column = int(constraints.map[at].argmax())
    bounds = (max(float(variances.lower_bounds[together].max()), constraints.lower[column]),
              min(float(variances.upper_bounds[together].min()), constraints.upper[column]))

    def refit(near: Maximum, value: float) -> Maximum:
        return maximise(likelihood, with_value(near.variances, together, value),
                        constraints.held(at, value), settings)

    return profile_parameter(found.maximum, at, refit, bounds)
