"""The account of a batch: what became of every run, kept up to date while it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from breedeval.config.plan import Plan, PlannedRun
from breedeval.errors import BreedevalError, LimitError
from breedeval.io.comparison import read_results_table
from breedeval.provenance import PROGRAM, program_version
from breedeval.workflow.batch.state import read_document, status_of

KIND = "batch"
WORST = (70, 1, 4, 3)
"""Exit codes, the worst first: a bug, wrong input, a limit, not converged."""

FIGURES = ("records", "individuals", "equations", "engine", "iterations", "converged",
           "log_likelihood", "seconds", "peak_memory_mb", "start")
"""What the account tells of the summary of a run."""

MOVED = "limits not kept"
"""State of a run that is done, and whose breeding values moved more than they may."""

RAN = ("done", "not converged", "not determined", MOVED)
"""States of runs that wrote results in this batch."""


@dataclass
class Entry:
    """What became of a run.

    Parameters
    ----------
    name, run_file, directory : str
        The directory relative to that of the batch.
    needs : tuple of str
    state : str
        waiting, queued; then done, up to date, not converged, not determined, limits not kept,
        failed, refused, bug, skipped, stopped.
    status : str
        Of its results, as their summary says; empty where there are none.
    why : tuple of str
        Why it ran.
    message : str
        What went wrong.
    exit_code : int
    started, ended : str or None
        UTC, when its process began and when it ended.
    figures : dict
        Of its results.
    forecast_memory_bytes : int or None
    changes : dict or None
        Against its results of last time; None where there were none, or nothing ran.
    """

    name: str
    run_file: str
    directory: str
    needs: tuple[str, ...]
    state: str = "waiting"
    status: str = ""
    why: tuple[str, ...] = ()
    message: str = ""
    exit_code: int = 0
    started: str | None = None
    ended: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    forecast_memory_bytes: int | None = None
    changes: dict[str, Any] | None = None

    def queue(self, why: tuple[str, ...]) -> None:
        """It is to run."""
        self.state, self.why = "queued", why

    def begin(self) -> None:
        """Its process begins."""
        self.started = _now()

    def look(self, directory: Path) -> None:
        """Take what is to be told from its results."""
        self.status, self.figures = status_of(directory), _figures(directory)

    def end(self, state: str, exit_code: int = 0, message: str = "") -> None:
        """It ended, or never began."""
        self.state, self.exit_code, self.message, self.ended = state, exit_code, message, _now()

    def up_to_date(self, directory: Path) -> None:
        """Its results stand."""
        self.look(directory)
        self.state, self.exit_code = "up to date", 0 if self.status == "done" else 3

    def ran_before(self, before: Mapping[str, Any]) -> None:
        """They are of the same batch, which was stopped later: ``before`` is what was told then."""
        self.state, self.why = before["state"], tuple(before["why"])
        self.message, self.changes = before["message"], before["changes"]
        self.exit_code = before["exit_code"]
        self.started, self.ended = before["started"], before["ended"]


@dataclass
class Account:
    """What became of a batch.

    Parameters
    ----------
    plan : Plan
    jobs, memory_limit : int
    entries : dict of str to Entry
    before : dict of str to dict
        Entries of the last batch.
    goes_on : bool
        Whether that was stopped, and this one goes on with it.
    started : str
    state : str
        running, complete or stopped.
    ended : str or None
    """

    plan: Plan
    jobs: int
    memory_limit: int
    entries: dict[str, Entry]
    before: dict[str, dict[str, Any]]
    goes_on: bool
    started: str
    state: str = "running"
    ended: str | None = None

    @classmethod
    def begin(cls, plan: Plan, jobs: int, memory: int) -> Account:
        """Of a batch that begins."""
        before = read_document(plan.directory / "summary.json")
        entries = {entry["name"]: entry for entry in before.get("runs", [])}
        return cls(plan, jobs, memory, {run.name: _entry(run, plan) for run in plan.runs},
                   entries, before.get("state") in ("running", "stopped"), _now())

    @staticmethod
    def is_ours(path: Path) -> bool:
        """Whether a file is the account of a batch."""
        found = read_document(path)
        return found.get("program") == PROGRAM and found.get("kind") == KIND

    @property
    def exit_code(self) -> int:
        """The worst of all runs."""
        codes = {entry.exit_code for entry in self.entries.values()}
        return next((code for code in WORST if code in codes), 0)

    def problems(self) -> list[str]:
        """What went wrong, run by run; the last line counts."""
        lines = [f"{entry.name}: {entry.state}" + (f"\n{entry.message}" if entry.message else "")
                 for entry in self.entries.values() if entry.state not in ("done", "up to date")]
        good = sum(entry.state in ("done", "up to date") for entry in self.entries.values())
        return [*lines, f"{good} of {len(self.entries)} runs done or up to date"]

    @property
    def summary(self) -> Path:
        """The page."""
        return self.plan.directory / "summary.html"

    def stop(self) -> None:
        """The batch is interrupted: what is not done is left for the next call."""
        self.state = "stopped"
        for entry in self.entries.values():
            if entry.state in ("waiting", "queued"):
                entry.end("stopped", message="the batch was stopped before this run was done")

    def finish(self) -> None:
        """Nothing is left to do."""
        self.state = "complete"

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the contents of ``summary.json``."""
        counts: dict[str, int] = {}
        for entry in self.entries.values():
            counts[entry.state] = counts.get(entry.state, 0) + 1
        return {
            "program": PROGRAM, "kind": KIND, "version": program_version(),
            "title": self.plan.title, "plan": str(self.plan.path), "state": self.state,
            "exit_code": self.exit_code, "started": self.started, "ended": self.ended,
            "jobs": self.jobs, "memory_limit_bytes": self.memory_limit, "counts": counts,
            "runs": [asdict(entry) for entry in self.entries.values()]}

    def save(self) -> None:
        """Write ``summary.json`` in one step.

        Raises
        ------
        LimitError
            When it cannot be written.
        """
        self.ended = _now()
        text = json.dumps(finite(self.to_dict()), indent=2, ensure_ascii=False)
        _write(self.plan.directory / "summary.json", text + "\n")

    def write_page(self) -> None:
        """Write ``summary.html`` in one step."""
        from breedeval.report.batch_page import render_batch  # slow to load

        _write(self.summary, render_batch(finite(self.to_dict())))


def finite(value: Any) -> Any:
    """The same without NaN, which JSON has not: None instead."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _entry(run: PlannedRun, plan: Plan) -> Entry:
    return Entry(run.name, str(run.file), str(run.directory.relative_to(plan.directory)), run.needs)


def _figures(directory: Path) -> dict[str, Any]:
    """Key figures of the results in a folder; empty where there are none."""
    summary = read_document(directory / "summary.json")
    found = {name: summary.get(name) for name in FIGURES if name in summary}
    if not found:
        return {}
    found["warnings"] = len(summary.get("warnings") or ())
    try:
        table = read_results_table(directory, "genetic_parameters")
    except BreedevalError:
        return found
    rows = table[table["parameter"].str.contains("heritability")]
    found["heritabilities"] = rows[
        ["parameter", "effect", "trait_1", "estimate", "se"]].to_dict("records")
    return found


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise LimitError(f"{path}: cannot be written ({error.strerror or error}). Free some space, "
                         "or write to another folder.") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
