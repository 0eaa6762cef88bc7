"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def whole_folder(directory: Path) -> Iterator[Path]:
    """Give a hidden folder to fill; when all went well it takes the name ``directory``.

    A folder of that name is replaced, so the caller must have decided that it may be. What a
    killed process left behind is cleared by the next call for the same name.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(directory)
    partial = directory.with_name(f".{directory.name}.partial-{os.getpid()}")
    partial.mkdir()
    try:
        yield partial
        _move(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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
