"""``python fit_alone.py CASE``: REML without the process around it, and a round beside its floor.

Prints JSON as the programs in ``peers/`` do: seconds from tables in memory to A⁻¹
(``relationship_seconds``) and from there to the estimates and their standard errors
(``fit_seconds``); then the median seconds of a round, of its two parts, and of a factorisation and
a selected inverse of the same matrix. Kernels are loaded before by a small fit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import breedeval
from breedeval import ladder
from breedeval.equations.pattern import fill
from breedeval.evaluation.estimation import Estimate, EstimationOptions, estimate
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.solving import make_solver
from breedeval.threads import one_blas_thread
from breedeval.variance.likelihood import Likelihood

WARM = Path(__file__).resolve().parents[1] / "configs" / "gryphon_birth_weight.yaml"
MEMORY = 20e9


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the seconds it takes."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def fit(run_file: Path, threads: int, *overrides: str) -> tuple[Estimate, float, float]:
    """The estimate, the seconds for the relationships, and those for all else after reading."""
    run = ladder.read(run_file, overrides=overrides)
    design, designed = timed(lambda: ladder.design(run))
    known, related = timed(lambda: ladder.relationships(run, design, threads=threads))
    options = SolveOptions(method="cholesky", threads=threads, memory_limit=MEMORY)

    def rest() -> Estimate:
        return estimate(ladder.equations(run, design, known), EstimationOptions(tests="none"),
                        options)

    found, fitted = timed(rest)
    return found, related, designed + fitted


def rounds(found: Estimate, threads: int, number: int) -> dict[str, float]:
    """Median seconds of a round at the estimates, and of the least that it must do.

    A round is the likelihood with its derivatives; its floor a factorisation and a selected
    inverse of the same matrix by the same solver, its pattern known to it.
    """
    solver = make_solver("cholesky", threads)
    likelihood = Likelihood(found.equations, solver)
    values = found.maximum.variances
    lower = fill(found.equations, likelihood.pattern)
    seconds: dict[str, list[float]] = {name: [] for name in (
        "likelihood", "derivatives", "factorise", "inverse")}
    with one_blas_thread():
        likelihood(values).derivatives()
        for _ in range(number):
            point, spent = timed(lambda: likelihood(values))
            seconds["likelihood"].append(spent)
            seconds["derivatives"].append(timed(point.derivatives)[1])
            factor, spent = timed(lambda: solver.factorise(lower))
            seconds["factorise"].append(spent)
            seconds["inverse"].append(timed(partial(getattr, factor, "inverse"))[1])
    both = {name: statistics.median(np.add(seconds[first], seconds[second]))
            for name, first, second in (("round", "likelihood", "derivatives"),
                                        ("floor", "factorise", "inverse"))}
    return {**{name: statistics.median(spent) for name, spent in seconds.items()}, **both}


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="Rounds timed for the floor.")
    asked = parser.parse_args()
    fit(WARM, asked.threads, "variances=reml")
    found, related, fitted = fit(asked.case / "run.yaml", asked.threads)
    maximum, design = found.maximum, found.equations.design
    json.dump({
        "program": "breedeval", "versions": {"breedeval": breedeval.__version__},
        "relationship_seconds": related, "fit_seconds": fitted,
        "variances": dict(zip(maximum.names, maximum.variances.values.tolist(), strict=True)),
        "log_likelihood": maximum.log_likelihood, "rounds": maximum.rounds,
        "converged": maximum.converged, "equations": found.equations.size,
        "observations": design.size, "seconds": rounds(found, asked.threads, asked.rounds),
    }, sys.stdout)


if __name__ == "__main__":
    main()
