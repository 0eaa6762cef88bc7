"""One run of a batch in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from breedeval.comparison.limits import Limits
from breedeval.config.overrides import Override
from breedeval.errors import BreedevalError, LimitError
from breedeval.io.folder import whole_folder
from breedeval.workflow.batch.changes import changes_between
from breedeval.workflow.journal import Journal
from breedeval.workflow.run import Outcome, run_file
from breedeval.workflow.share import Share
from breedeval.workflow.shared_inputs import SharedInputs


@dataclass(frozen=True)
class Task:
    """What a worker is to do.

    Parameters
    ----------
    name : str
    file : Path
        The run file.
    overrides : tuple of Override
        With everything that other runs give.
    directory, previous : Path
        Its results folder, and where the results that are there now are set aside.
    remarks : mapping
        Kept with the provenance.
    cores, memory : int
    inputs : SharedInputs
    limits : Limits or None
        On what may move.
    quiet : bool
    """

    name: str
    file: Path
    overrides: tuple[Override, ...]
    directory: Path
    previous: Path
    remarks: Mapping[str, Any]
    cores: int
    memory: int
    inputs: SharedInputs
    limits: Limits | None
    quiet: bool


@dataclass(frozen=True)
class Asks:
    """A worker is ready, and forecasts to hold so many bytes."""

    memory: int


@dataclass(frozen=True)
class Ends:
    """A run ended; what it changed against the results that were there, if there were any."""

    outcome: Outcome
    changes: dict[str, Any] | None = None


def work(task: Task, line: Connection) -> None:
    """Run it; ask before anything heavy; say how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_leave_with_parent, daemon=True).start()
    journal = Journal() if task.quiet else Journal(sys.stderr, f"[{task.name}] ")
    share = Share(task.cores, task.memory, _Door(line).admit, task.inputs)
    there = task.directory.exists()
    try:
        if there:
            keep(task.directory, task.previous)
    except BreedevalError as error:
        line.send(Ends(Outcome(task.file, error.exit_code, str(error))))
        return
    outcome = run_file(task.file, overrides=task.overrides, force=True, journal=journal,
                       share=share, remarks=task.remarks)
    changes = None
    if there and outcome.directory is not None:
        journal.step("Comparing with the results of last time")
        changes = changes_between(task.previous, outcome.directory, task.limits)
    line.send(Ends(outcome, changes))


@dataclass
class _Door:
    """Asks once, before the first thing that is heavy: what follows is not larger."""

    line: Connection
    open: bool = field(default=False)

    def admit(self, memory: int) -> None:
        """Wait for the room."""
        if self.open:
            return
        self.line.send(Asks(memory))
        refusal = self.line.recv()
        if refusal:
            raise LimitError(refusal)
        self.open = True


def keep(directory: Path, previous: Path) -> None:
    """Results of last time under another name: the same files, which nobody changes any more.

    Raises
    ------
    LimitError
        When they cannot be written.
    """
    with whole_folder(previous) as folder:
        for path in directory.iterdir():
            if path.is_file():
                try:
                    os.link(path, folder / path.name)
                except OSError:
                    shutil.copy2(path, folder / path.name)


def _leave_with_parent() -> None:
    """A worker whose batch was killed ends as well, so that the next batch has the folder alone."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
