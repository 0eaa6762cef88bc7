"""Cores to work with, and dense routines held to one thread while we spread the work ourselves."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _controller() -> ThreadpoolController:
    """Found once: looking for the libraries takes longer than many a factorisation."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which the BLAS of numpy and scipy runs on one thread.

    Small products are quicker so, and the result does not depend on the machine.
    """
    return blas_threads(1)


def blas_threads(count: int) -> AbstractContextManager[Any]:
    """A context in which the BLAS of numpy and scipy runs on as many threads at most."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=count, user_api="blas")
    return limit
