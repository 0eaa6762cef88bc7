"""What a run may use of the machine, alone or beside others."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from breedeval.evaluation.planning import free_memory
from breedeval.workflow.shared_inputs import SharedInputs


@dataclass(frozen=True, slots=True)
class Share:
    """Limits where the run file sets none; they do not change a result.

    Parameters
    ----------
    cores : int
    memory : int or None
        Bytes; None for nine tenths of what is free when the run is planned.
    admit : callable or None
        Waits until what a run is forecast to need is free (see
        :class:`breedeval.evaluation.planning.SolveOptions`).
    inputs : SharedInputs or None
        What other runs have read.
    """

    cores: int
    memory: int | None = None
    admit: Callable[[int], None] | None = None
    inputs: SharedInputs | None = None


def share_of(jobs: int) -> Share:
    """The share of one of so many runs at the same time, of what is free now."""
    cores = len(os.sched_getaffinity(0))
    if jobs <= 1:
        return Share(cores)
    return Share(max(cores // jobs, 1), int(0.9 * free_memory()) // jobs)
