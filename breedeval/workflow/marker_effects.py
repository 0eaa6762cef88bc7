"""Marker effects of a run: solved back, cut into windows, and kept for later predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from breedeval.config.marker_effects import BasePairWindows, MarkerEffectSettings
from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.marker_effects import (
    MarkerEffects,
    marker_effects,
    marker_variances,
)
from breedeval.evaluation.marker_tables import (
    Arrays,
    effect_facts,
    marker_table,
    prediction_arrays,
    window_variances,
    windows_table,
)
from breedeval.evaluation.planning import SolveOptions, plan_solution
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions, factorise
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.windows import Windows, windows_of_base_pairs, windows_of_markers
from breedeval.records import Table
from breedeval.relationship.dense import settle
from breedeval.relationship.marker_part import FromMarkers, MarkersUnknown
from breedeval.solve import Factor
from breedeval.workflow import ladder

MOST_WORK = 3e13
"""Floating-point operations of p-values above which they are computed only when asked for."""
MOST_KEPT = 1_000_000_000
"""Bytes that are kept at most for reliabilities of later predictions."""


@dataclass(frozen=True, eq=False)
class MarkerResults:
    """Tables, arrays and summary of marker effects."""

    effects: pd.DataFrame
    windows: pd.DataFrame
    arrays: Arrays
    summary: Mapping[str, Any]


def results_of_markers(
    run: ladder.Run, solutions: Solutions, options: SolveOptions, step: Step
) -> MarkerResults:
    """Effects of the markers of one random effect.

    Parameters
    ----------
    run : Run
        Its findings receive warnings of what is left out.
    solutions : Solutions
    options : SolveOptions
    step : callable
        Told what begins.

    Raises
    ------
    InputError
        When the relationship was not made from markers.
    """
    asked, findings = run.settings.marker_effects, run.findings
    assert asked is not None
    names = [term.name for term in solutions.equations.design.random]
    effect = names.index(asked.effect)
    precision = _made_from_markers(asked, solutions.equations, effect)
    assert precision.markers is not None
    step(f"Solving back the effects of {len(precision.markers.genotypes.markers):,} markers")
    rounds: list[Mapping[str, float]] = []
    if asked.weighted_rounds:
        solutions, rounds = _weighted(run, solutions, effect, options, step)
        precision = _made_from_markers(asked, solutions.equations, effect)
    factor = None
    if asked.p_values != "none":
        factor = _factor(asked, solutions.equations, precision, options, findings)
    found = replace(marker_effects(solutions, effect, precision, factor), rounds=tuple(rounds))
    windows = _windows(asked, found.part.genotypes.markers, findings)
    step(f"Variances of {len(windows):,} windows")
    variances = window_variances(found, windows)
    return MarkerResults(
        marker_table(found, windows, variances), windows_table(found, windows, variances),
        prediction_arrays(found, reliabilities=_keeps(asked, found, findings)),
        effect_facts(found, windows))


def _made_from_markers(
    asked: MarkerEffectSettings, equations: Equations, effect: int
) -> FromMarkers:
    precision = equations.precisions[effect]
    if not isinstance(precision, FromMarkers) or precision.markers is None:
        raise InputError(Problem(
            "marker_effects", f"the relationship of '{asked.effect}' is no sum over markers",
            "Expected one that is computed from genotypes, with one value a copy",
            "Remove 'marker_effects', or use another method"))
    return precision


def _weighted(
    run: ladder.Run, solutions: Solutions, effect: int, options: SolveOptions, step: Step
) -> tuple[Solutions, list[Mapping[str, float]]]:
    """Solutions after rounds of weights from the variances of markers, and what each round did."""
    settings, asked = run.settings, run.settings.marker_effects
    assert asked is not None
    term = solutions.equations.design.random[effect]
    if term.width > 1:
        raise InputError(Problem(
            "marker_effects: weighted_rounds", f"'{term.name}' has {term.width} components and "
            "traits", "Expected one: a marker has one weight", "Evaluate one trait"))
    kind = settings.relationship(term.relationship).model_copy(
        update={"weights": Path("the round before")})
    first = solutions.random(effect, solutions.estimates)[:, 0]
    rounds: list[Mapping[str, float]] = []
    for number in range(1, asked.weighted_rounds + 1):
        precision = _made_from_markers(asked, solutions.equations, effect)
        weights = marker_variances(marker_effects(solutions, effect, precision, None))
        if not weights.sum() > 0:
            break
        step(f"Weighted round {number} of {asked.weighted_rounds}")
        assert precision.markers is not None
        table = Table.of_frame(pd.DataFrame({
            "marker": precision.markers.genotypes.markers.names.to_list(), "weight": weights}),
            "weights of markers")
        sources = replace(run.inputs.sources, tables={
            **run.inputs.sources.tables, (term.relationship, "weights"): table})
        built = kind.build(term.relationship, sources, term.levels, threads=options.threads)
        settle((built,))
        equations = solutions.equations
        precisions = (*equations.precisions[:effect], built, *equations.precisions[effect + 1:])
        solutions = solve_equations(replace(equations, precisions=precisions),
                                    replace(options, reliability="none"))
        values = solutions.random(effect, solutions.estimates)[:, 0]
        rounds.append({
            "round": number, "largest_weight": float(weights.max() / weights.mean()),
            "correlation_with_unweighted": float(np.corrcoef(first, values)[0, 1])})
    return solutions, rounds


def _factor(
    asked: MarkerEffectSettings, equations: Equations, precision: FromMarkers,
    options: SolveOptions, findings: Findings,
) -> Factor | None:
    """Factor of the equations, for prediction error variances; None where it is not to be had."""
    if isinstance(precision, MarkersUnknown):
        findings.warn("marker effects", Problem(
            "marker_effects", "there are no standard errors and p-values of markers: as unknowns "
            "they are solved for without a factorisation"))
        return None
    plan = plan_solution(equations, options)
    assert precision.markers is not None
    n, m = precision.markers.rows.size, len(precision.markers.genotypes.markers)
    why = ""
    if options.reliability == "none":
        why = "'solve: reliability: none' leaves out prediction error variances"
    elif plan.solver is None or plan.lower is None:
        why = f"{plan.engine} give no prediction error variances"
    elif asked.p_values == "auto":
        nonzeros = plan.forecast.factor_nonzeros if plan.forecast else 0
        work = n * (4.0 * nonzeros + 2.0 * n * m + 4.0 * n * n)
        if work > MOST_WORK:
            why = (f"they would take about {work:.0e} operations; 'p_values: exact' computes them "
                   "all the same")
    if why or plan.solver is None or plan.lower is None:
        findings.warn("marker effects", Problem(
            "marker_effects", f"there are no standard errors and p-values of markers: {why}"))
        return None
    return factorise(equations, plan.lower, plan.solver)


def _windows(asked: MarkerEffectSettings, markers: Markers, findings: Findings) -> Windows:
    if not isinstance(asked.windows, BasePairWindows):
        return windows_of_markers(markers, asked.windows.markers)
    found = windows_of_base_pairs(markers, asked.windows.base_pairs)
    lacking = len(markers) - found.order.size
    if lacking:
        findings.warn("windows", Problem(
            "marker_effects", f"{lacking:,} of {len(markers):,} markers have no place on the map "
            "and are in no window", "", "Use 'windows: {markers: 20}', or give their places"))
    return found


def _keeps(asked: MarkerEffectSettings, found: MarkerEffects, findings: Findings) -> bool:
    """Whether what reliabilities need is kept."""
    if asked.reliability == "none":
        return False
    n, m = found.part.rows.size, len(found.part.genotypes.markers)
    size = n * m / 4 + 4.0 * n * n * len(found.cells)
    if size > MOST_KEPT:
        findings.warn("marker effects", Problem(
            "marker_effects", f"reliabilities of later predictions would need {size / 1e9:.1f} GB "
            "beside the results, and are left out",
            f"The limit is {MOST_KEPT / 1e9:.0f} GB"))
    return size <= MOST_KEPT
