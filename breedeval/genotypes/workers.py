"""Loops over tasks on several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

Run = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
"""Do a piece of work for every task; the results, in the order of the tasks."""

SMALL = 1e7
"""Multiplications under which starting threads costs more than it saves."""


@contextmanager
def workers(work: float, threads: int) -> Iterator[Run]:
    """A map over tasks, on several threads where there is enough work."""
    if work < SMALL or threads == 1:
        yield lambda do, tasks: [do(task) for task in tasks]
        return
    with ThreadPoolExecutor(threads) as pool:
        yield lambda do, tasks: list(pool.map(do, tasks))
