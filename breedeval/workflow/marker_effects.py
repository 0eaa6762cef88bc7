"""Marker effects of a run: solved back, cut into windows, and kept for later predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from breedeval.config.marker_effects import BasePairWindows, MarkerEffectSettings
from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.marker_effects import MarkerEffects, marker_effects
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
from breedeval.relationship.marker_part import FromMarkers
from breedeval.solve import Factor

MARKERS = "marker_effects"
"""Name of the file of arrays."""
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
    asked: MarkerEffectSettings, solutions: Solutions, options: SolveOptions,
    findings: Findings, step: Step,
) -> MarkerResults:
    """Effects of the markers of one random effect.

    Parameters
    ----------
    asked : MarkerEffectSettings
    solutions : Solutions
    options : SolveOptions
    findings : Findings
        Receives warnings of what is left out.
    step : callable
        Told what begins.

    Raises
    ------
    InputError
        When the relationship was not made from markers.
    """
    equations = solutions.equations
    names = [term.name for term in equations.design.random]
    effect = names.index(asked.effect)
    precision = equations.precisions[effect]
    if not isinstance(precision, FromMarkers) or precision.markers is None:
        raise InputError(Problem(
            "marker_effects", f"the relationship of '{asked.effect}' is no sum over markers",
            "Expected one that is computed from genotypes, with one value a copy",
            "Remove 'marker_effects', or use another method"))
    step(f"Solving back the effects of {len(precision.markers.genotypes.markers):,} markers")
    factor = None
    if asked.p_values != "none":
        factor = _factor(asked, equations, precision, options, findings)
    found = marker_effects(solutions, effect, precision, factor)
    windows = _windows(asked, found.part.genotypes.markers, findings)
    step(f"Variances of {len(windows):,} windows")
    variances = window_variances(found, windows)
    return MarkerResults(
        marker_table(found, windows, variances), windows_table(found, windows, variances),
        prediction_arrays(found, reliabilities=_keeps(asked, found, findings)),
        effect_facts(found, windows))


def _factor(
    asked: MarkerEffectSettings, equations: Equations, precision: FromMarkers,
    options: SolveOptions, findings: Findings,
) -> Factor | None:
    """Factor of the equations, for prediction error variances; None where it is not to be had."""
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
