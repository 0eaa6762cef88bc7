"""A folder that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from breedeval.errors import LimitError

TABLE_ENDINGS = (".csv", ".parquet")
"""Of the tables in a results folder, which has them in one of these formats."""


@contextmanager
def whole_folder(directory: Path) -> Iterator[Path]:
    """Give a hidden folder to fill; when all went well it takes the name ``directory``.

    A folder of that name is replaced, so the caller must have decided that it may be. What a
    killed process left behind is cleared by the next call for the same name.

    Raises
    ------
    LimitError
        When something cannot be written, such as on a full disk; nothing is left behind.
    """
    partial = directory.with_name(_partial_name(directory))
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(directory)
        partial.mkdir()
        yield partial
        _move(partial, directory)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        words = ("the disk is full. Free some space, or write to another folder." if full else
                 f"cannot be written ({error.strerror or error}). Write to another folder.")
        raise LimitError(f"{directory}: {words}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def find_table(directory: Path, name: str) -> Path | None:
    """The file of a table in a results folder; None where there is none."""
    paths = (directory / f"{name}{ending}" for ending in TABLE_ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def try_folder(directory: Path) -> None:
    """Find out whether such a folder can be made; nothing is left behind.

    Raises
    ------
    OSError
        Why it cannot.
    """
    above = next(place for place in directory.parents if place.exists())
    with TemporaryDirectory(prefix=".breedeval-", dir=above) as probe:
        below = directory.parent.relative_to(above)
        (Path(probe) / below / _partial_name(directory)).mkdir(parents=True)


def _partial_name(directory: Path) -> str:
    return f".{directory.name}.partial-{os.getpid()}"


def _move(partial: Path, directory: Path) -> None:
    if not directory.exists():
        partial.rename(directory)
        return
    old = directory.with_name(f".{directory.name}.old-{os.getpid()}")
    directory.rename(old)
    try:
        partial.rename(directory)
    except OSError:
        old.rename(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_leftovers(directory: Path) -> None:
    """Clear what a killed run left beside the folder; a folder set aside whole is put back."""
    for left in directory.parent.glob(f".{escape(directory.name)}.*-*"):
        kind, _, number = left.name.removeprefix(f".{directory.name}.").partition("-")
        if kind not in ("partial", "old") or not number.isdecimal() or _alive(int(number)):
            continue
        if kind == "old" and not directory.exists():
            left.rename(directory)
        else:
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    """Whether another process has this number; in a container a killed run may have had ours."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
