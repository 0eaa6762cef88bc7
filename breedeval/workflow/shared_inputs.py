"""Inputs that several runs read in the same way: parsed once, and kept in a folder for the others.

The folder belongs to one call of the program, which makes it for itself alone and removes it. What
is kept holds compiled classes (pickle), so nothing of another origin may ever lie there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from breedeval.errors import Findings

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What the outcome of reading depends on.

    Parameters
    ----------
    what : str
        Records, pedigree, ….
    files : tuple of Path
    options : str
        How they are read.
    """

    what: str
    files: tuple[Path, ...]
    options: str

    @property
    def key(self) -> str:
        """The same for the same files, unchanged since, read in the same way."""
        told = [self.what, self.options]
        for path in self.files:
            state = path.stat() if path.exists() else None
            told += [str(path), "" if state is None else f"{state.st_size} {state.st_mtime_ns}"]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()


@dataclass(frozen=True)
class SharedInputs:
    """What is shared, and where it is kept.

    Parameters
    ----------
    folder : Path or None
        None where nothing is shared.
    keys : collection of str
        Keys of the readings that more than one run needs.
    """

    folder: Path | None = None
    keys: Collection[str] = ()

    def get(self, reading: Reading, findings: Findings, read: Callable[[Findings], T]) -> T:
        """What ``read`` gives, from the folder where another run has it already.

        The first that asks reads, while others that ask for the same wait. What was found while
        reading is kept with it. A disk that cannot take it does not stop the run.
        """
        if self.folder is None or not self.keys or (key := reading.key) not in self.keys:
            return read(findings)
        path = self.folder / f"{key}.pickle"
        with _alone(self.folder / f"{key}.lock"):
            if path.is_file():
                with path.open("rb") as stream:
                    value, found = pickle.load(stream)
            else:
                found = Findings()
                try:
                    value = read(found)
                finally:
                    findings.take(found)
                _keep(path, (value, found))
                return value
        findings.take(found)
        kept: T = value
        return kept


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While one process is in such a context, others wait; one that is killed lets go."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(path: Path, value: object) -> None:
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
