"""What a batch would do, and why; nothing is run or written."""

from __future__ import annotations

from pathlib import Path

from breedeval.config.plan import PlannedRun, load_plan
from breedeval.errors import BreedevalError
from breedeval.workflow.batch.batch import Wishes
from breedeval.workflow.batch.prepared import prepare_run
from breedeval.workflow.batch.state import Hashes


def preview(path: Path, wishes: Wishes) -> str:
    """A line for each run, in the order in which they could run.

    A run that takes the variances of another that runs before it runs only if they change.

    Raises
    ------
    InputError
        When the plan or a run file is wrong.
    """
    plan, hashes = load_plan(path, wishes.output), Hashes()
    directories = {run.name: run.directory for run in plan.runs}
    width = max(len(run.name) for run in plan.runs)
    digests: dict[str, str] = {}
    runs: dict[str, bool] = {}
    lines = []
    todo = list(plan.runs)
    while todo:
        run = next(run for run in todo if all(name in runs for name in run.needs))
        todo.remove(run)
        runs[run.name], words = _decision(run, directories, digests, runs, hashes, wishes)
        lines.append(f"{run.name:{width}}  {words}")
    return "\n".join(lines)


def _decision(
    run: PlannedRun, directories: dict[str, Path], digests: dict[str, str], runs: dict[str, bool],
    hashes: Hashes, wishes: Wishes,
) -> tuple[bool, str]:
    """Whether a run may have other results afterwards, and the words for it."""
    source = run.variances_from
    known = source is None or directories[source].is_dir()
    try:
        prepared = prepare_run(run, directories, digests, hashes) if known else None
    except BreedevalError as error:
        if source is None or not runs[source]:
            return True, f"fails: {error}"
        prepared = None
    if prepared is None:
        return True, f"runs: after '{source}', whose variances it takes"
    digests[run.name] = prepared.digest
    if wishes.force:
        return True, "runs: --force"
    if prepared.reasons:
        return True, f"runs: {'; '.join(prepared.reasons)}"
    if source is not None and runs[source]:
        return True, f"runs if '{source}' gives other variances"
    return False, "up to date"
