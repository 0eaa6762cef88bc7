"""Which run goes on beside which others, by what they ask for."""

from __future__ import annotations

from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from breedeval.workflow.batch import schedule
from breedeval.workflow.batch.schedule import Pool, Worker
from breedeval.workflow.batch.worker import Asks, Ends, Task
from breedeval.workflow.run import Outcome
from breedeval.workflow.shared_inputs import SharedInputs

GB = 10**9


class Process:
    """Stands for the process of a worker."""

    def __init__(self, pid: int) -> None:
        self.pid, self.exitcode, self.killed = pid, 0, False

    def kill(self) -> None:
        self.killed = True

    def join(self) -> None:
        pass


class Stage:
    """A pool whose workers are played by the test."""

    def __init__(self, patch: pytest.MonkeyPatch, names: str, jobs: int, memory: int) -> None:
        self.lines: dict[str, Connection] = {}
        self.held: dict[int, int] = {}
        self.begun: list[str] = []
        self.ended: list[tuple[str, int, int | None]] = []
        patch.setattr(schedule, "_started", self.start)
        patch.setattr(schedule, "_resident", lambda pid: self.held.get(pid, 0))
        patch.setattr(schedule, "PAUSE", 0.01)
        self.pool = Pool(jobs, memory, lambda task: self.begun.append(task.name), self.end,
                         [task(name) for name in names])

    def start(self, given: Task) -> Worker:
        ours, theirs = Pipe()
        self.lines[given.name] = theirs
        process: Any = Process(ord(given.name))
        return Worker(given, process, ours)

    def end(self, given: Task, said: Ends, forecast: int | None) -> None:
        self.ended.append((given.name, said.outcome.exit_code, forecast))

    def say(self, name: str, what: Asks | Ends) -> None:
        self.lines[name].send(what)
        self.pool.step()

    def answers(self, name: str) -> list[str]:
        found = []
        while self.lines[name].poll(0):
            found.append(self.lines[name].recv())
        return found


def task(name: str) -> Task:
    return Task(name, Path(f"{name}.yaml"), (), Path(name), Path("previous"), {}, 1, 0,
                SharedInputs(), None, True)


DONE = Ends(Outcome(Path("x"), 0, ""))


def test_no_more_than_fit_go_on_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "abc", jobs=2, memory=10 * GB)
    stage.pool._begin()
    assert stage.begun == ["a", "b"]
    stage.say("a", Asks(6 * GB))
    stage.say("b", Asks(5 * GB))
    stage.pool._admit()
    assert stage.answers("a") == [""]
    assert stage.answers("b") == []
    stage.say("a", DONE)
    stage.pool._admit()
    assert stage.answers("b") == [""]
    assert stage.begun == ["a", "b"]  # while one waits, nothing else begins
    stage.pool._begin()
    assert stage.begun == ["a", "b", "c"]
    assert stage.ended == [("a", 0, 6 * GB)]


def test_what_was_not_admitted_counts_with_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "ab", jobs=2, memory=10 * GB)
    stage.pool._begin()
    stage.held[ord("b")] = 5 * GB
    stage.say("a", Asks(6 * GB))
    stage.pool._admit()
    assert stage.answers("a") == []
    stage.held[ord("b")] = 3 * GB
    stage.pool._admit()
    assert stage.answers("a") == [""]


def test_a_run_for_which_there_is_never_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "a", jobs=1, memory=10 * GB)
    stage.pool._begin()
    stage.say("a", Asks(11 * GB))
    stage.pool._admit()
    assert stage.answers("a") == [
        "solve: forecast 11.0 GB of memory, the batch may take 10.0 GB. Raise 'memory_limit' of "
        "the plan, or set 'solve.reliability: none' for this run."]


def test_two_that_wait_for_each_other_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither fits beside what the other holds: one goes on, the other begins again later."""
    stage = Stage(monkeypatch, "ab", jobs=2, memory=10 * GB)
    stage.pool._begin()
    stage.held = {ord("a"): 4 * GB, ord("b"): 4 * GB}
    stage.say("a", Asks(8 * GB))
    stage.say("b", Asks(7 * GB))
    second: Any = stage.pool.workers[1].process
    stage.pool._admit()
    assert stage.answers("a") == [""]
    assert second.killed
    assert [one.name for one in stage.pool.queue] == ["b"]
    stage.pool._begin()
    assert stage.begun == ["a", "b"]  # what it will ask for is known: not beside the other
    stage.say("a", DONE)
    stage.pool._begin()
    assert stage.begun == ["a", "b", "b"]


def test_a_process_that_died_is_the_end_of_its_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "ab", jobs=2, memory=10 * GB)
    stage.pool._begin()
    died: Any = stage.pool.workers[0].process
    died.exitcode = -9
    stage.lines["a"].close()
    stage.pool.step()
    assert stage.ended == [("a", 4, None)]
    assert [worker.task.name for worker in stage.pool.workers] == ["b"]
