"""Where a result comes from: versions, input files with their hashes, machine, command."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "numba", "scikit-sparse", "pydantic", "pyyaml")
PROGRAM = "breedeval"


def describe_origin(
    files: Mapping[str, Path], *, command: Sequence[str], threads: int, overrides: Sequence[str],
    seed: int | None = None,
) -> dict[str, Any]:
    """Facts that let somebody else repeat a run, as plain values.

    Parameters
    ----------
    files : mapping of role to path
        Every input file; each is hashed (SHA-256).
    command : sequence of str
        The command line.
    threads : int
    overrides : sequence of str
        ``--set`` values.
    seed : int, optional
        Where random numbers are used.
    """
    return {
        "program": PROGRAM, "version": program_version(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "inputs": [{"role": role, "path": str(path), "bytes": path.stat().st_size,
                    "sha256": sha256(path)} for role, path in files.items()],
        "seed": seed, "threads": threads,
        "machine": {"system": platform.platform(), "processor": _processor(),
                    "cores": os.cpu_count(), "memory_bytes": _memory()},
        "command": list(command), "overrides": list(overrides),
        "finished": datetime.now(UTC).isoformat(timespec="seconds")}


def sha256(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def program_version() -> str | None:
    """Version of this program."""
    return _version(PROGRAM)


def package_versions() -> dict[str, str | None]:
    """Versions of what the numbers depend on; None where it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
