"""From a plan to runs that can be relied on; or every reason why not, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from breedeval.comparison.limits import Limits
from breedeval.config.bind import Binder, Fault, resolved
from breedeval.config.earlier_variances import stand_in
from breedeval.config.load import load, overridden_tree
from breedeval.config.messages import locate, misfits_of
from breedeval.config.overrides import Override, placed_override
from breedeval.config.placeholders import (
    Values,
    combinations,
    filled,
    filled_node,
    placeholders_of,
    scalars,
)
from breedeval.config.plan_settings import PREVIOUS, PlanSettings
from breedeval.config.settings import RunSettings
from breedeval.config.yaml_loader import PLAN, Entries, Items, Node, Place, Scalar, read_tree
from breedeval.errors import InputError, Problem
from breedeval.model.form import did_you_mean

FOLDER_NAME = re.compile(r"\w[\w.+-]*")
"""Names of runs are names of folders."""

TAKEN = ("summary.html", "summary.json", PREVIOUS)
"""Names in the folder of a batch that are not those of runs."""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a plan.

    Parameters
    ----------
    name : str
    file : Path
        The run file.
    overrides : tuple of Override
        What the plan replaces in it, its results folder included.
    directory : Path
        Its results folder.
    after : tuple of str
        Names of runs that must be done before.
    variances_from, start_from : str or None
        Names of runs that give something; ``previous`` for the run's own results of the last batch.
    settings : RunSettings or None
        The run file with what the plan replaces; variances that another run gives have the right
        shape only. None before it is checked.
    places : mapping of str to Place
        Where the keys of the run stand; ``""`` for its name.
    """

    name: str
    file: Path
    overrides: tuple[Override, ...]
    directory: Path
    after: tuple[str, ...] = ()
    variances_from: str | None = None
    start_from: str | None = None
    settings: RunSettings | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of all runs that must be done before."""
        names = (*self.after, self.variances_from, self.start_from)
        return tuple(dict.fromkeys(name for name in names if name not in (None, PREVIOUS)))

    def place(self, key: str) -> Place:
        """Where a key stands, or the run."""
        return self.places.get(key, self.places[""])


@dataclass(frozen=True)
class Plan:
    """A batch: its runs in the order of the file, and what they may use together.

    Parameters
    ----------
    path : Path
    title : str
    directory : Path
    jobs : int
    memory_limit : int or None
        Bytes.
    limits : Limits or None
        On what may move against the results of last time.
    runs : tuple of PlannedRun
    """

    path: Path
    title: str
    directory: Path
    jobs: int
    memory_limit: int | None
    limits: Limits | None
    runs: tuple[PlannedRun, ...]


def load_plan(path: Path | str, directory: Path | None = None) -> Plan:
    """Read and check a plan and every run file it names, without opening their inputs.

    Parameters
    ----------
    path : Path
        The plan; the paths in it are relative to its folder.
    directory : Path, optional
        Folder of the batch, instead of that of the plan; relative to the working directory.

    Raises
    ------
    InputError
        Every fault of the plan, in the order of its lines; where it has none, every fault of its
        run files with what the plan replaces in them.
    """
    path = Path(path)
    tree = read_tree(path, PLAN)
    binder = Binder(PlanSettings, path.parent.resolve(), whole="the plan")
    values = binder.read(tree)
    faults = [*binder.faults, *_limits(tree, values, binder.faults)]
    problems: list[tuple[Place, Problem | str]] = [
        (fault.place, fault.problem) for fault in faults]
    broken = {fault.misfit.path[1] for fault in faults if fault.misfit.path[:1] == ("runs",)
              and len(fault.misfit.path) > 1}
    directory = resolved(Path.cwd(), str(directory)) if directory else values.get("output")
    reader = _Reader(path, directory or Path(), _entries(tree), problems)
    runs = reader.runs(broken)
    if problems:
        raise InputError(*(problem for _, problem in sorted(
            problems, key=lambda one: (one[0].line, one[0].column))))
    settings = PlanSettings.model_validate(values)
    return Plan(path, settings.title, reader.directory, settings.jobs, settings.memory_limit,
                settings.limits, _checked(runs))


def _limits(
    tree: Entries, values: Mapping[str, Any], known: Sequence[Fault]
) -> Iterator[Fault]:
    """Numbers beyond their limits, and what else pydantic finds."""
    try:
        PlanSettings.model_validate(values)
    except ValidationError as error:
        for misfit in misfits_of(error, values):
            if not any(fault.touches(misfit.path) for fault in known):
                yield Fault(locate(tree, misfit.path), misfit)


def _entries(tree: Entries) -> Mapping[str, tuple[Place, Entries]]:
    """The runs of a plan as they are written, with the places of their names."""
    runs = tree.values.get("runs")
    if not isinstance(runs, Entries):
        return {}
    return {name: (runs.keys[name], node) for name, node in runs.values.items()
            if isinstance(node, Entries)}


@dataclass
class _Reader:
    """Makes runs of the entries of a plan; problems gather with their places."""

    path: Path
    directory: Path
    written: Mapping[str, tuple[Place, Entries]]
    problems: list[tuple[Place, Problem | str]]

    def runs(self, broken: set[Any]) -> list[PlannedRun]:
        """All runs, those of ``broken`` entries left out."""
        before = len(self.problems)
        found: dict[str, tuple[PlannedRun, str]] = {}
        for name, (place, entry) in self.written.items():
            if name not in broken and self._is_whole(name, place, entry):
                for values in combinations(entry.values.get("each")):
                    run = self._run(name, place, entry, values)
                    if run.name in found:
                        self._same_name(run, found[run.name][1], name, entry)
                    found[run.name] = (run, name)
        runs = [run for run, _ in found.values()]
        if not broken and len(self.problems) == before:  # else what is missing is only not read
            for run in runs:
                self._references(run, set(found))
        if not broken and len(self.problems) == before:
            self._circles(runs)
        return runs

    def _fault(self, place: Place, found: str, expected: str = "", remedy: str = "") -> None:
        self._add(place, Problem(str(place), found, expected, remedy))

    def _add(self, place: Place, problem: Problem | str) -> None:
        if (place, problem) not in self.problems:  # the runs of an entry have most in common
            self.problems.append((place, problem))

    def _is_whole(self, name: str, place: Place, entry: Entries) -> bool:
        """Whether every placeholder stands for something, and every one of ``each`` is used."""
        before = len(self.problems)
        each = entry.values.get("each")
        rows = list(combinations(each))
        if not rows:
            self._fault(entry.keys["each"], f"'each' of '{name}' gives no run",
                        "Expected at least one value of each placeholder")
            return False
        known = list(dict.fromkeys(key for row in rows for key in row))
        for at, row in enumerate(rows):
            if lacking := [key for key in known if key not in row]:
                assert isinstance(each, Items)
                self._fault(each.items[at].place, f"there is no '{lacking[0]}' here",
                            f"Expected the same placeholders in every item: {', '.join(known)}")
        texts = [Scalar(name, False, place), *(
            text for key, node in entry.values.items() if key not in ("each", "after")
            for text in scalars(node))]
        for text in texts:
            for word in placeholders_of(text.text):
                if word not in known:
                    self._unknown(text.place, word, known)
        return len(self.problems) == before

    def _unknown(self, place: Place, word: str, known: Sequence[str]) -> None:
        expected = (f"Expected one of: {', '.join(f'<{key}>' for key in known)}" if known else
                    "The run has no 'each'")
        near = did_you_mean(word, known)
        self._fault(place, f"there is no placeholder '<{word}>'", expected,
                    near.replace("'", "'<", 1)[:-2] + ">'?" if near else
                    f"Give its values: 'each: {{{word}: […]}}'")

    def _same_name(
        self, run: PlannedRun, other: str, name: str, entry: Entries
    ) -> None:
        if other != name:
            self._fault(run.place(""), f"'{name}' gives a run '{run.name}', and so does '{other}'",
                        "Expected a name for each", "Rename one of them")
            return
        each = entry.values["each"]
        unused = [key for key in next(iter(combinations(each))) if key not in placeholders_of(name)]
        self._fault(run.place(""), f"several runs are called '{run.name}'",
                    "Expected a name for each",
                    f"Write every placeholder into the name: {name}_<{unused[0]}>" if unused else
                    "Remove the value that is repeated in 'each'")

    def _run(self, name: str, place: Place, entry: Entries, values: Values) -> PlannedRun:
        """One run of an entry."""
        own = filled_node(replace(entry, values={
            key: node for key, node in entry.values.items() if key not in ("each", "after")}),
            values)
        assert isinstance(own, Entries)
        called = filled(name, values)
        if not FOLDER_NAME.fullmatch(called) or called in TAKEN:
            self._fault(place, f"'{called}' cannot be the name of a run",
                        "Expected letters, digits and . _ + -, as in the name of a folder"
                        if called not in TAKEN else "The batch keeps something else by this name",
                        "Rename it")
        file, directory = own.values["run"], self.directory / called
        assert isinstance(file, Scalar)
        path = resolved(self.path.parent, file.text)
        if not path.is_file():
            self._fault(file.place, f"there is no file '{file.text}' (looked in {path.parent})",
                        "Expected a run file", _nearest(path))
        taken, started = _text(own, "variances_from"), _text(own, "start_from")
        return PlannedRun(
            called, path, (*self._overrides(own, taken), _results(directory, place)), directory,
            tuple(dict.fromkeys(self._after(entry, values))), taken, started,
            places={"": place, **entry.keys})

    def _overrides(self, own: Entries, taken: str | None) -> Iterator[Override]:
        settings = own.values.get("set")
        if not isinstance(settings, Entries):
            return
        for key, value in settings.values.items():
            place = settings.keys[key]
            try:
                override = placed_override(key, value, place)
            except InputError as error:
                for problem in error.problems:
                    self._add(place, problem)
                continue
            if override.steps[0] == "output" and override.steps[1:] in ((), ("directory",)):
                self._fault(place, f"'{key}' is set", "The batch gives every run its folder",
                            "Remove it; 'output' of the plan says where they are")
            elif override.steps[0] == "variances" and taken is not None:
                self._fault(place, f"'{key}' is set, and 'variances_from' gives the variances",
                            "Expected one of the two", "Remove one of them")
            else:
                yield override

    def _after(self, entry: Entries, values: Values) -> Iterator[str]:
        """Names under ``after``; one with placeholders of its own stands for all its runs."""
        node = entry.values.get("after")
        for item in scalars(node) if node is not None else ():
            name = filled(item.text, values)
            yield from self._made(name) or [name]

    def _made(self, template: str) -> list[str]:
        """Names of the runs of an entry; nothing where there is no such entry."""
        if template not in self.written:
            return []
        return [filled(template, values)
                for values in combinations(self.written[template][1].values.get("each"))]

    def _references(self, run: PlannedRun, names: set[str]) -> None:
        """Runs that a run names, and that are not there."""
        for key, words in (("after", run.after), ("variances_from", (run.variances_from,)),
                           ("start_from", (run.start_from,))):
            for word in words:
                if word is None or word in names or (word == PREVIOUS and key == "start_from"):
                    continue
                near = did_you_mean(word, sorted(names - {run.name}))
                self._fault(run.place(key), f"there is no run '{word}'",
                            f"Expected the name of a run of the plan{_or_previous(key)}",
                            near or "Correct it")

    def _circles(self, runs: Sequence[PlannedRun]) -> None:
        """Runs that wait for each other."""
        after = {run.name: run.needs for run in runs}
        seen: set[str] = set()
        for run in runs:
            path: list[str] = []
            name: str | None = run.name
            while name is not None and name not in seen and name not in path:
                path.append(name)
                name = next((one for one in after[name] if _reaches(after, one, name)), None)
            if name in path:
                circle = [*path[path.index(name):], name]
                self._fault(run.place(""), f"'{name}' waits for itself "
                            f"({' → '.join(circle)})", "Expected runs that can be put in order",
                            "Remove one of these")
            seen.update(path)


def _reaches(after: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    """Whether one run waits for another, directly or not."""
    todo, seen = [start], set[str]()
    while todo:
        name = todo.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            todo += after.get(name, ())
    return False


def _or_previous(key: str) -> str:
    return f", or '{PREVIOUS}'" if key == "start_from" else ""


def _text(entry: Entries, key: str) -> str | None:
    node = entry.values.get(key)
    return node.text if isinstance(node, Scalar) and node.value is not None else None


def _results(directory: Path, place: Place) -> Override:
    """The results folder of a run, absolute."""
    value: Node = Scalar(str(directory), True, place)
    return Override(f"output.directory={directory}", ("output", "directory"), value,
                    at=place)


def _nearest(path: Path) -> str:
    from difflib import get_close_matches

    folder = path.parent
    near = get_close_matches(path.name, [p.name for p in folder.iterdir()], 1) if (
        folder.is_dir()) else []
    return f"Did you mean '{near[0]}'?" if near else "Correct the path"


def _checked(runs: Sequence[PlannedRun]) -> tuple[PlannedRun, ...]:
    """Load every run file with what the plan replaces in it; all their faults at once."""
    checked: list[PlannedRun] = []
    problems: dict[str, None] = {}
    for run in runs:
        try:
            overrides: tuple[Override, ...] = run.overrides
            if run.variances_from is not None:
                tree = overridden_tree(run.file, overrides)
                overrides = (*overrides, *stand_in(tree, run.place("variances_from")))
            checked.append(replace(run, settings=load(run.file, overrides).settings))
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(*problems)
    return tuple(checked)
