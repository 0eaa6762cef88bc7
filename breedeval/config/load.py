"""From a run file to settings that can be relied on; or every reason why not, at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from breedeval.config.bind import Binder, Fault, NamedFile
from breedeval.config.canonical import plain_settings, write_yaml
from breedeval.config.checks import (
    marker_effect_misfits,
    relationship_misfits,
    table_misfits,
)
from breedeval.config.forms import field_annotation
from breedeval.config.messages import locate, misfits_of
from breedeval.config.overrides import Override, apply, parse_override
from breedeval.config.settings import RunSettings
from breedeval.config.validated import validation_misfits
from breedeval.config.values import variance_misfits
from breedeval.config.yaml_loader import Entries, Place, parse_tree, read_tree
from breedeval.errors import InputError, Problem
from breedeval.io.folder import find_table
from breedeval.model.form import KeyPath, Misfit
from breedeval.relationship.settings import BUILT_IN

START: KeyPath = ("solve", "start")
"""The key whose path is a results folder."""

@dataclass(frozen=True)
class LoadedRun:
    """A run file that was read and found right.

    Parameters
    ----------
    settings : RunSettings
        Everything filled in; files and folders as absolute paths.
    path : Path
        The run file.
    understood : mapping
        The run as understood, as plain values in the shape of the run file.
    tree : Entries
        The run file as it is written.
    """

    settings: RunSettings
    path: Path
    understood: Mapping[str, Any]
    tree: Entries

    def where(self, path: KeyPath) -> str:
        """File, line and column of a key."""
        return str(locate(self.tree, path))


def load(path: Path | str, overrides: Sequence[str | Override] = ()) -> LoadedRun:
    """Read and check a run file, without opening the files it names.

    Parameters
    ----------
    path : Path
        The run file; the paths in it are relative to its folder.
    overrides : sequence of str or Override
        ``key.path=value``, applied in this order; paths in them are relative to the working
        directory, or to the file that an override stands in.

    Raises
    ------
    InputError
        Every fault of the file, in the order of its lines, with the place and the remedy.
    """
    path = Path(path)
    tree = overridden_tree(path, overrides)
    settings = _filled(_understand(tree, path.parent.resolve()), path)
    return LoadedRun(settings, path, plain_settings(settings, None), tree)


def overridden_tree(path: Path, overrides: Sequence[str | Override]) -> Entries:
    """A run file as it is written, with values replaced."""
    tree = read_tree(path)
    for override in overrides:
        tree = apply(tree, parse_override(override) if isinstance(override, str) else override)
    return tree


def load_values(values: Mapping[str, Any], *, in_memory: Collection[str] = ()) -> LoadedRun:
    """Check a run given as plain values in the shape of a run file.

    Parameters
    ----------
    values : mapping
        As a run file would be read; numbers and arrays of NumPy are taken for plain ones.
        Paths are relative to the working directory.
    in_memory : collection of str
        Parts (``records``, ``pedigree``, ``relationships``) whose files are not read because the
        caller has the tables.

    Raises
    ------
    InputError
        As :func:`load`; places are lines of the values written as YAML.
    """
    tree = parse_tree(write_yaml(_plain(values)), Place("settings", 1, 1))
    if not isinstance(tree, Entries):
        raise InputError(Problem("settings", "no values", "Expected keys such as 'model'"))
    settings = _understand(tree, Path.cwd(), in_memory)
    return LoadedRun(settings, Path("settings"), plain_settings(settings, None), tree)


def _plain(value: Any) -> Any:
    """Mappings, lists, text and numbers as YAML has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else value


def _understand(tree: Entries, base: Path, in_memory: Collection[str] = ()) -> RunSettings:
    """Settings from a tree, or all its faults in the order of their lines."""
    binder = Binder(RunSettings, base)
    values = binder.read(tree)
    faults = binder.faults
    settings, misfits = _validate(values)
    if settings is None:
        misfits += [misfit for misfit in _across(values)
                    if not _follows(misfit, faults, values)]
    known = tuple(faults)
    faults += [Fault(locate(tree, misfit.path), misfit) for misfit in misfits
               if not any(fault.touches(misfit.path) for fault in known)]
    faults += _absent_files([file for file in binder.files if file.keys[0] not in in_memory],
                            tree.place.source)
    if settings is None or faults:
        raise InputError(*(fault.problem for fault in sorted(faults, key=_order)))
    return settings


def _validate(values: Mapping[str, Any]) -> tuple[RunSettings | None, list[Misfit]]:
    try:
        return RunSettings.model_validate(values), []
    except ValidationError as error:
        return None, list(misfits_of(error, values))


def _follows(misfit: Misfit, faults: Sequence[Fault], values: Mapping[str, Any]) -> bool:
    """Whether a misfit across parts may only be there because of another fault."""
    for path in (fault.misfit.path for fault in faults):
        if len(path) == 1 or path == ("model", "random"):
            return True
        if path == ("variances", "method") and misfit.path[0] == "variances":
            return True
        if path[:2] == ("model", "random"):
            effect = values["model"]["random"][path[2]] or {}
            if "name" not in effect or misfit.path[1:] == (effect["name"],):
                return True
    return False


def _across(values: Mapping[str, Any]) -> Iterator[Misfit]:
    """Checks across parts, of those parts that are right in themselves."""
    parts: dict[str, Any] = {}
    for name in ("model", "relationships", "variances", "solve", "validation", "marker_effects",
                 "output"):
        info = RunSettings.model_fields[name]
        try:
            parts[name] = _adapter(name).validate_python(values.get(name, info.default))
        except ValidationError:
            continue
    if "model" in parts and "relationships" in parts:
        yield from relationship_misfits(
            parts["model"], parts["relationships"], values.get("pedigree"),
            values.get("genotypes"))
        if "marker_effects" in parts:
            yield from marker_effect_misfits(
                parts["marker_effects"], parts["model"], parts["relationships"])
    if "model" in parts and "variances" in parts:
        solver = parts["solve"].method if "solve" in parts else "auto"
        yield from variance_misfits(parts["model"], parts["variances"], solver)
        if "relationships" in parts and "validation" in parts:
            yield from validation_misfits(
                parts["validation"], parts["model"], parts["variances"], parts["relationships"],
                values.get("pedigree"), values.get("genotypes"), solver)
    if "output" in parts and "solve" in parts:
        yield from table_misfits(
            parts["output"].tables, parts["solve"].method, parts["solve"].reliability)


def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(field_annotation(RunSettings.model_fields[name]))


def _absent_files(files: Sequence[NamedFile], run_file: str) -> Iterator[Fault]:
    for named in files:
        written = named.keys[0] == "output" or named.keys[-1] == "save"
        if named.keys == START:
            if find_table(named.path, "solutions") is None:
                yield Fault(named.place, _no_results(named))
        elif not written and not named.path.is_file():
            yield Fault(named.place, _absent(named, run_file))


def _no_results(named: NamedFile) -> Misfit:
    found = f"'{named.written}' is no results folder" if named.path.exists() else (
        f"there is no folder '{named.written}' (looked in {named.path.parent})")
    return Misfit(named.keys, found, "Expected the results folder of an earlier run",
                  "Correct the path, or remove 'start' to begin at zero")


def _absent(named: NamedFile, run_file: str) -> Misfit:
    keys: KeyPath = named.keys
    if named.path.is_dir():
        return Misfit(keys, f"'{named.written}' is a folder", "Expected a file")
    folder = named.path.parent
    if not folder.is_dir():
        start = "working directory" if not named.place.line else (
            "run file" if named.place.source == run_file else "plan")
        return Misfit(keys, f"there is no folder '{folder}' (for '{named.written}')",
                      f"Expected a path relative to the {start}")
    near = get_close_matches(named.path.name, sorted(p.name for p in folder.iterdir()), 1)
    return Misfit(keys, f"there is no file '{named.written}' (looked in {folder})", "",
                  f"Did you mean '{near[0]}'?" if near else "Correct the path")


def _order(fault: Fault) -> tuple[bool, int, int]:
    return (fault.place.line == 0, fault.place.line, fault.place.column)


def _filled(settings: RunSettings, path: Path) -> RunSettings:
    """Relationships in use and the results folder, made explicit."""
    used = dict.fromkeys(effect.relationship for effect in settings.effects)
    relationships = {**settings.relationships,
                     **{name: settings.relationship(name) for name in used
                        if name in BUILT_IN and name not in settings.relationships}}
    output = settings.output
    if output.directory is None:
        folder = path.parent.resolve() / "results" / path.stem
        output = output.model_copy(update={"directory": folder})
    return settings.model_copy(update={"relationships": relationships, "output": output})
