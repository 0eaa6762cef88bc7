"""Cores to work with, and dense routines held to one thread while we spread the work ourselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
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


class _Held:
    """How many contexts hold the BLAS now, and what gives it back."""

    lock = Lock()
    depth = 0
    limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context in which the BLAS of numpy and scipy runs on one thread.

    Small products are quicker so, and the result does not depend on the machine. Within another
    such context it costs nothing.
    """
    with _Held.lock:
        if _Held.depth == 0:
            _Held.limit = blas_threads(1)
        _Held.depth += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.depth -= 1
            if _Held.depth == 0:
                _Held.limit.restore_original_limits()


def blas_threads(count: int) -> Any:
    """A context in which the BLAS of numpy and scipy runs on as many threads at most."""
    return _controller().limit(limits=count, user_api="blas")


WORTH = 3e10
"""Operations of a dense product or factorisation from which several threads are worth starting."""


def blas_threads_for(operations: float, count: int) -> Any:
    """The same for so many operations: one thread where they are soon done."""
    return blas_threads(count if operations > WORTH else 1)
