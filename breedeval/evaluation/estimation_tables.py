"""How variances were estimated, as tables and as the ``estimation`` part of summary.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.estimation import Estimate


def estimation_summary(estimate: Estimate) -> dict[str, Any]:
    """Method, rounds, convergence, parameters and their states, as plain values."""
    maximum = estimate.maximum
    parameters = variance_parameters_table(estimate)
    return {
        "method": estimate.options.method, "algorithm": estimate.options.algorithm,
        "rounds": maximum.rounds, "converged": maximum.converged, "reason": maximum.reason,
        "advice": list(estimate.advice),
        "haseman_elston": None if estimate.moments is None else estimate.moments.tolist(),
        "history": [{"round": row.number, "kind": row.kind, "log_likelihood": row.log_likelihood,
                     "largest_change": row.change} for row in maximum.history],
        "parameters": parameters.to_dict("records")}


def estimation_tables(estimate: Estimate) -> dict[str, pd.DataFrame]:
    """The tables that only an estimation has, by their names in the results."""
    names = estimate.parameters.names
    sampling = pd.DataFrame(estimate.maximum.covariance, columns=list(names))
    sampling.insert(0, "parameter", list(names))
    return {
        "variance_parameters": variance_parameters_table(estimate),
        "sampling_covariance": sampling,
        "fixed_tests": pd.DataFrame([asdict(test) for test in estimate.fixed_tests]),
        "profiles": _profiles(estimate)}


def variance_parameters_table(estimate: Estimate) -> pd.DataFrame:
    """One row a parameter: estimate, se, status; on a boundary, the one-sided score test of it.

    ``zero`` marks the variances whose estimate stands for 0.
    """
    maximum = estimate.maximum
    tests = {name: test for test in maximum.boundary_tests for name in test.names}
    frame = pd.DataFrame({
        "parameter": list(maximum.names), "estimate": maximum.variances.values,
        "se": maximum.standard_errors, "status": list(maximum.statuses)})
    for column in ("z", "p_value"):
        frame[column] = [getattr(tests[name], column) if name in tests else np.nan
                         for name in maximum.names]
    return frame.assign(zero=list(maximum.zeros))


def _profiles(estimate: Estimate) -> pd.DataFrame:
    rows = [
        {"parameter": profile.parameter, "value": value, "log_likelihood": likelihood,
         "lower": profile.lower, "upper": profile.upper}
        for profile in estimate.profiles
        for value, likelihood in zip(profile.values, profile.log_likelihoods, strict=True)]
    return pd.DataFrame(rows)
