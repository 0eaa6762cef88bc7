"""One part of settings in a file of its own, read as a run file is: every fault at its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from breedeval.config.bind import Binder, Fault
from breedeval.config.messages import locate, misfits_of
from breedeval.config.overrides import apply, parse_override
from breedeval.config.yaml_loader import Entries, Place, read_tree
from breedeval.errors import InputError
from breedeval.model.form import Part

P = TypeVar("P", bound=Part)


def read_part(
    kind: type[P], path: Path | None, overrides: Sequence[str] = (), *, option: str = "--set"
) -> P:
    """Settings of one kind from a YAML file and ``key=value`` overrides, or from these alone.

    Parameters
    ----------
    kind : type
    path : Path or None
    overrides : sequence of str
    option : str
        Of the command line, that they were given by.

    Raises
    ------
    InputError
        Every fault, with the place and the remedy.
    """
    tree = Entries({}, {}, Place(option)) if path is None else read_tree(path)
    for override in overrides:
        tree = apply(tree, parse_override(override, option))
    binder = Binder(kind, Path.cwd() if path is None else path.parent.resolve())
    values = binder.read(tree)
    faults = binder.faults
    try:
        found = kind.model_validate(values)
    except ValidationError as error:
        found = None
        faults += [Fault(locate(tree, misfit.path), misfit) for misfit in misfits_of(error, values)
                   if not any(fault.touches(misfit.path) for fault in faults)]
    if found is None or faults:
        raise InputError(*(fault.problem for fault in faults))
    return found
