"""Several run files in one call, one after the other or side by side."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from breedeval.config.load import load
from breedeval.errors import BreedevalError
from breedeval.workflow.journal import Journal
from breedeval.workflow.run import Outcome, run_file
from breedeval.workflow.share import Share, share_of


@dataclass(frozen=True)
class Job:
    """One run file of several."""

    path: Path
    overrides: tuple[str, ...]
    force: bool
    quiet: bool
    label: str
    share: Share

    def run(self) -> Outcome:
        """Run it; whatever goes wrong is in the outcome."""
        journal = Journal() if self.quiet else Journal(sys.stderr, self.label)
        return run_file(self.path, overrides=self.overrides, force=self.force, journal=journal,
                        share=self.share)


def run_files(
    paths: Sequence[Path], *, overrides: Sequence[str], force: bool, jobs: int, quiet: bool
) -> list[Outcome]:
    """Run several files, ``jobs`` at a time; one that fails does not stop the others.

    Those that run at the same time share the cores and the free memory.
    """
    refused = _shared_folders(paths, overrides) if len(paths) > 1 else {}
    at_once = min(jobs, len(paths) - len(refused))
    share = share_of(at_once)
    todo = {at: Job(path, tuple(overrides), force, quiet,
                    f"[{path.stem}] " if len(paths) > 1 else "", share)
            for at, path in enumerate(paths) if at not in refused}
    if at_once <= 1:
        done = {at: job.run() for at, job in todo.items()}
    else:
        with ProcessPoolExecutor(at_once, get_context("spawn"), _end_on_interrupt) as pool:
            futures = {at: pool.submit(job.run) for at, job in todo.items()}
            done = {at: _collected(paths[at], future) for at, future in futures.items()}
    return [refused.get(at) or done[at] for at in range(len(paths))]


def _end_on_interrupt() -> None:
    """Let an interrupt end a worker without a word; the caller says what there is to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _shared_folders(paths: Sequence[Path], overrides: Sequence[str]) -> dict[int, Outcome]:
    """Runs whose results folder an earlier run of the same call writes already."""
    first: dict[Path, Path] = {}
    refused = {}
    for at, path in enumerate(paths):
        try:
            folder = load(path, overrides).settings.output.directory
        except BreedevalError:
            continue  # the run itself will say what is wrong
        if folder in first:
            refused[at] = Outcome(path, 1, (
                f"{path}: its results would go to {folder}, as those of {first[folder]}. Give "
                "each run an 'output: directory' of its own."))
        elif folder is not None:
            first[folder] = path
    return refused


def _collected(path: Path, future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the worker died: killed, or out of memory
        return Outcome(path, 4, f"{path}: the process of this run was stopped ({error}). "
                       "Run fewer at a time with --jobs.")
