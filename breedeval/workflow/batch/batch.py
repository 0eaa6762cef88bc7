"""A batch from its plan to its summary: what is up to date stays, the rest runs."""

from __future__ import annotations

import fcntl
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from breedeval.config.plan import Plan, PlannedRun, load_plan
from breedeval.errors import BreedevalError, InputError, LimitError, Problem
from breedeval.evaluation.planning import free_memory
from breedeval.threads import cores
from breedeval.workflow.batch.account import MOVED, RAN, Account, Entry
from breedeval.workflow.batch.prepared import Prepared, beginning, prepare_run
from breedeval.workflow.batch.schedule import Pool
from breedeval.workflow.batch.state import KEPT, Hashes, status_of
from breedeval.workflow.batch.worker import Ends, Task
from breedeval.workflow.journal import Journal
from breedeval.workflow.reading import readings_of
from breedeval.workflow.shared_inputs import SharedInputs

INPUTS = ".inputs-"
"""Folder of what was read for several runs, while the batch runs."""

STATES = {0: "done", 1: "failed", 4: "refused", 70: "bug"}
"""By exit code; with 3 the state is that of the results."""

USABLE = ("done", "up to date", "not converged", "not determined", MOVED)
"""States with results."""


@dataclass(frozen=True)
class Wishes:
    """How a batch is called.

    Parameters
    ----------
    force : bool
        Run everything, up to date or not.
    output : Path or None
        Folder, instead of that of the plan.
    jobs : int or None
        Instead of that of the plan.
    quiet : bool
    """

    force: bool = False
    output: Path | None = None
    jobs: int | None = None
    quiet: bool = False


def run_batch(path: Path, wishes: Wishes) -> Account:
    """Run a plan; the account is also written, as ``summary.json`` and ``summary.html``.

    Raises
    ------
    InputError
        When the plan or a run file is wrong, or the folder is not ours; nothing runs then.
    LimitError
        When the summary cannot be written.
    """
    plan = load_plan(path, wishes.output)
    with _alone(plan.directory), _ended_in_order():
        return _Batch(plan, wishes).run()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A batch that is told to end (SIGTERM) stops its runs and writes its summary first."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep the folder of the batch to one call at a time."""
    account = directory / "summary.json"
    if account.exists() and not Account.is_ours(account):
        raise InputError(Problem(str(directory), "holds a summary.json of something else",
                                 "Expected a new folder, or that of a batch",
                                 "Give another as 'output'"))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("w")
    except OSError as error:
        raise InputError(Problem(str(directory), f"no folder can be made there ({error.strerror})",
                                 "Expected a place to write to", "Give another as 'output'"
                                 )) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LimitError(f"{directory}: another batch is running in this folder. Wait until it "
                             "has ended, or stop it.") from None
        for left in directory.glob(f"{INPUTS}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@dataclass
class _Batch:
    """A batch on its way."""

    plan: Plan
    wishes: Wishes
    account: Account = field(init=False)
    pool: Pool = field(init=False)
    inputs: SharedInputs = field(init=False)
    hashes: Hashes = field(default_factory=Hashes)
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        memory = self.plan.memory_limit or int(0.9 * free_memory())
        jobs = min(self.wishes.jobs or self.plan.jobs, len(self.plan.runs))
        self.account = Account.begin(self.plan, jobs, memory)
        self.pool = Pool(jobs, memory, self._begun, self._ended)
        self.pool.forecasts |= {
            name: entry.get("forecast_memory_bytes") or 0
            for name, entry in self.account.before.items()}
        self.journal = Journal(None if self.wishes.quiet else sys.stderr, "[batch] ")
        self.runs = {run.name: run for run in self.plan.runs}
        self.directories = {run.name: run.directory for run in self.plan.runs}

    def run(self) -> Account:
        """All of it."""
        with TemporaryDirectory(prefix=INPUTS, dir=self.plan.directory) as folder:
            self.inputs = SharedInputs(Path(folder), self._shared_keys())
            try:
                self._settle()
                while self.pool.busy:
                    self.pool.step()
                    self._settle()
                self.account.finish()
            except BaseException:
                self.pool.stop()
                self.account.stop()
                raise
            finally:
                self.account.save()
                self.account.write_page()
        return self.account

    def _shared_keys(self) -> frozenset[str]:
        """Keys of what more than one run reads in the same way."""
        counts: Counter[str] = Counter()
        for run in self.plan.runs:
            assert run.settings is not None  # it was checked with the plan
            counts.update({reading.key for reading in readings_of(run.settings).values()})
        return frozenset(key for key, count in counts.items() if count > 1)

    def _settle(self) -> None:
        """Decide about every run whose others are done, until nothing more follows."""
        changed = True
        while changed:
            changed = False
            for run in self.plan.runs:
                entry = self.account.entries[run.name]
                if entry.state == "waiting" and self._decided(run, entry):
                    changed = True
        self.account.save()

    def _decided(self, run: PlannedRun, entry: Entry) -> bool:
        """Whether it could be said what becomes of a run."""
        others = [self.account.entries[name] for name in run.needs]
        if any(other.state in ("waiting", "queued") for other in others):
            return False
        if because := _why_not(run, self.account):
            entry.end("skipped", message=because)
            self._say(entry)
            return True
        try:
            prepared = prepare_run(run, self.directories, self.digests, self.hashes)
            if self.wishes.force or prepared.reasons:
                self._queue(run, entry, prepared)
                return True
        except BreedevalError as error:
            entry.end(STATES.get(error.exit_code, "failed"), error.exit_code, str(error))
            self._say(entry)
            return True
        self.digests[run.name] = prepared.digest
        entry.up_to_date(run.directory)
        before = self.account.before.get(run.name, {})
        entry.forecast_memory_bytes = before.get("forecast_memory_bytes")
        if self.account.goes_on and before.get("state") in RAN:
            entry.ran_before(before)
        self._say(entry)
        return True

    def _queue(self, run: PlannedRun, entry: Entry, prepared: Prepared) -> None:
        overrides = (*prepared.overrides, *beginning(run, prepared.loaded, self.directories))
        entry.queue(prepared.reasons or ("--force",))
        self.digests[run.name] = prepared.digest
        remarks = {KEPT: {"plan": str(self.plan.path.resolve()), "run": run.name,
                          "fingerprint": prepared.fingerprint}}
        self.pool.queue.append(Task(
            run.name, run.file, overrides, run.directory,
            self.plan.directory / "previous" / run.name, remarks,
            max(cores() // self.pool.jobs, 1), self.pool.memory, self.inputs, self.plan.limits,
            self.wishes.quiet))
        self.journal.step(f"{run.name}: {'; '.join(entry.why)}")

    def _begun(self, task: Task) -> None:
        self.account.entries[task.name].begin()

    def _ended(self, task: Task, said: Ends, forecast: int | None) -> None:
        entry, outcome = self.account.entries[task.name], said.outcome
        state = STATES.get(outcome.exit_code) or status_of(task.directory)
        entry.end(state, outcome.exit_code, outcome.message)
        if state == "done" and said.changes and said.changes.get("limits_not_kept"):
            entry.end(MOVED, LimitError.exit_code, "\n".join(said.changes["limits_not_kept"]))
        if outcome.directory is not None:
            entry.look(outcome.directory)
        entry.forecast_memory_bytes = forecast
        entry.changes = said.changes
        self._say(entry)

    def _say(self, entry: Entry) -> None:
        self.journal.step(f"{entry.name}: {entry.state}"
                          + (f"\n{entry.message}" if entry.message else ""))


def _why_not(run: PlannedRun, account: Account) -> str:
    """Why a run cannot be made, by the runs it needs; empty where it can."""
    for name in run.needs:
        other = account.entries[name]
        if other.state not in USABLE:
            how = "was skipped" if other.state == "skipped" else f"ended as '{other.state}'"
            return f"because '{name}', which it needs, {how}"
        if name == run.variances_from and other.status != "done":
            return f"because the variances of '{name}' are {other.status}"
    return ""
