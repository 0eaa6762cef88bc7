"""Which run is next: after those it needs, beside as many as there is room for.

A process of its own runs each. It reads and sets up its equations, then asks with its forecast of
memory, and goes on when that fits into what the forecasts of the others leave. What is not
admitted yet counts with what it holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from breedeval.evaluation.planning import size_text
from breedeval.workflow.batch.worker import Asks, Ends, Task, work
from breedeval.workflow.run import Outcome

PAUSE = 0.5
"""Seconds after which what others hold is looked at again."""


@dataclass(eq=False)
class Worker:
    """A process, and what it was promised."""

    task: Task
    process: SpawnProcess
    line: Connection
    asked: int | None = None
    granted: bool = False

    @property
    def waits(self) -> bool:
        """Whether it asked and was not admitted."""
        return self.asked is not None and not self.granted

    @property
    def holds(self) -> int:
        """Bytes that others must leave to it."""
        held = _resident(self.process.pid)
        return max(self.asked, held) if self.granted and self.asked is not None else held

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.line.close()


@dataclass
class Pool:
    """Processes that share the memory.

    Parameters
    ----------
    jobs : int
        Most processes at the same time.
    memory : int
        Bytes that all of them may hold.
    begun : callable
        Told when the process of a task begins.
    ended : callable
        Told how a task ended, and what it was forecast to hold.
    """

    jobs: int
    memory: int
    begun: Callable[[Task], None]
    ended: Callable[[Task, Ends, int | None], None]
    queue: list[Task] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    forecasts: dict[str, int] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether anything is running or waiting to."""
        return bool(self.queue or self.workers)

    def step(self) -> None:
        """Begin what there is room for, and wait until something happens."""
        self._begin()
        self._admit()
        paused = any(worker.waits for worker in self.workers)
        lines = [worker.line for worker in self.workers]
        for line in wait(lines, PAUSE if paused else None):
            self._hear(next(worker for worker in self.workers if worker.line is line))

    def stop(self) -> None:
        """End everything at once."""
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def _begin(self) -> None:
        while self.queue and len(self.workers) < self.jobs and not any(
                worker.waits for worker in self.workers):
            known = self.forecasts.get(self.queue[0].name, 0)
            if self.workers and known + self._held() > self.memory:
                return
            self.workers.append(_started(self.queue.pop(0)))
            self.begun(self.workers[-1].task)

    def _held(self, besides: Worker | None = None) -> int:
        return sum(worker.holds for worker in self.workers if worker is not besides)

    def _admit(self) -> None:
        """Let those go on for whom there is room, the first that asked first."""
        for worker in [worker for worker in self.workers if worker.waits]:
            assert worker.asked is not None
            if worker.asked > self.memory:
                self._answer(worker, (
                    f"solve: forecast {size_text(worker.asked)} of memory, the batch may take "
                    f"{size_text(self.memory)}. Raise 'memory_limit' of the plan, or set "
                    "'solve.reliability: none' for this run."))
            elif worker.asked + self._held(worker) <= self.memory:
                self._answer(worker, "")
        if self.workers and all(worker.waits for worker in self.workers):
            self._make_room(self.workers[0])

    def _make_room(self, first: Worker) -> None:
        """Nobody can go on beside what the others hold: they begin again later."""
        for other in self.workers[1:]:
            other.stop()
            assert other.asked is not None
            self.forecasts[other.task.name] = other.asked
            self.queue.insert(0, other.task)
        self.workers = [first]
        self._answer(first, "")

    def _answer(self, worker: Worker, refusal: str) -> None:
        worker.granted = True
        try:
            worker.line.send(refusal)
        except OSError:  # it died meanwhile, which its line will tell
            return

    def _hear(self, worker: Worker) -> None:
        try:
            said: Asks | Ends = worker.line.recv()
        except (EOFError, OSError):
            worker.process.join()
            said = Ends(_died(worker.task, worker.process.exitcode))
        if isinstance(said, Asks):
            worker.asked = said.memory
            return
        self.workers.remove(worker)
        worker.process.join()
        worker.line.close()
        self.ended(worker.task, said, worker.asked)


def _started(task: Task) -> Worker:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(task, process, ours)


def _died(task: Task, code: int | None) -> Outcome:
    how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
    return Outcome(task.file, 4, f"{task.file}: the process of this run was stopped ({how}), as it "
                   "is where the memory is exhausted. Run fewer at a time with 'jobs', or lower "
                   "'memory_limit'.")


def _resident(pid: int | None) -> int:
    """Bytes that a process holds now; 0 where that cannot be told."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
