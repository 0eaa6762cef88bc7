"""What a planned run takes from others, once they are done: overrides, and why it is to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breedeval.config.earlier_variances import given
from breedeval.config.load import LoadedRun, load
from breedeval.config.overrides import Override
from breedeval.config.plan import PlannedRun
from breedeval.config.plan_settings import PREVIOUS
from breedeval.config.settings import Estimation
from breedeval.config.yaml_loader import Scalar
from breedeval.io.comparison import read_results_table
from breedeval.io.folder import find_table
from breedeval.workflow.batch.earlier import Source, starts_for, variances_for
from breedeval.workflow.batch.state import Hashes, digest, fingerprint, reasons_to_run


@dataclass(frozen=True)
class Prepared:
    """A planned run that could run now.

    Parameters
    ----------
    loaded : LoadedRun
        With the variances of the run they are from.
    overrides : tuple of Override
        All that is replaced in the run file.
    fingerprint : mapping
    digest : str
        Of it.
    reasons : tuple of str
        Why its results are not up to date; empty where they are.
    """

    loaded: LoadedRun
    overrides: tuple[Override, ...]
    fingerprint: Mapping[str, Any]
    digest: str
    reasons: tuple[str, ...]


def prepare_run(
    run: PlannedRun, directories: Mapping[str, Path], digests: Mapping[str, str], hashes: Hashes
) -> Prepared:
    """Load a run file with what other runs give it.

    Parameters
    ----------
    run : PlannedRun
    directories : mapping of str to Path
        Results folders of all runs.
    digests : mapping of str to str
        Of the runs that are done.
    hashes : Hashes

    Raises
    ------
    InputError
        When the variances do not fit, or a file is gone.
    """
    overrides = run.overrides
    if run.variances_from is not None:
        source = directories[run.variances_from]
        place = run.place("variances_from")
        assert run.settings is not None  # it was checked with the plan
        model = run.settings.model
        values = variances_for(model, read_results_table(source, "variances"),
                               Source(run.variances_from, str(place)))
        overrides = (*overrides, given(values, ("variances",), place))
    loaded = load(run.file, overrides)
    told = fingerprint(loaded, {name: digests.get(name, "") for name in run.after}, hashes)
    return Prepared(loaded, overrides, told, digest(told), reasons_to_run(run.directory, told))


def beginning(
    run: PlannedRun, loaded: LoadedRun, directories: Mapping[str, Path]
) -> tuple[Override, ...]:
    """Where the run begins: at the solutions and variances of another, or of its own last time."""
    if run.start_from is None:
        return ()
    folder = run.directory if run.start_from == PREVIOUS else directories[run.start_from]
    if None in (find_table(folder, "solutions"), find_table(folder, "variances")):
        return ()
    place = run.place("start_from")
    found = [Override(f"solve.start={folder}", ("solve", "start"),
                      Scalar(str(folder), True, place), at=place)]
    asked = loaded.settings.variances
    if isinstance(asked, Estimation):
        starts = starts_for(loaded.settings.model, read_results_table(folder, "variances"))
        found += [given_start(name, value, run) for name, value in starts.items()
                  if name not in asked.start]
    return tuple(found)


def given_start(name: str, value: Any, run: PlannedRun) -> Override:
    """The start of one effect."""
    return given(value, ("variances", "start", name), run.place("start_from"))
