"""Whether results are those of the run as it stands: its settings, inputs and versions.

What a run was made of is kept with its provenance, in its results folder, which appears whole or
not at all. So a batch that was stopped anywhere leaves nothing that could be taken for more than
it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from breedeval.comparison.differences import settings_differences
from breedeval.config.load import LoadedRun
from breedeval.io.folder import find_table
from breedeval.io.results import ALWAYS
from breedeval.provenance import package_versions, program_version, sha256
from breedeval.workflow.reading import START, input_files

KEPT = "batch"
"""Key of the provenance."""

DOCUMENTS = ("summary.json", "provenance.json", "config.yaml", "report.html", "run.log")

NOT_A_CAUSE = {"output": ("directory",), "solve": ("start", "threads")}
"""Settings that move no result."""

SHOWN = 3
"""Settings that differ, named in a reason."""


@dataclass
class Hashes:
    """SHA-256 of input files, each read once unless it changes."""

    known: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """The hash of a file."""
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns)
        if key not in self.known:
            self.known[key] = sha256(path)
        return self.known[key]


def fingerprint(
    loaded: LoadedRun, after: Mapping[str, str], hashes: Hashes
) -> dict[str, Any]:
    """What the results of a run depend on, as plain values.

    Parameters
    ----------
    loaded : LoadedRun
        With the variances it takes from others, and without where it begins.
    after : mapping of str to str
        Runs that it must come after, and the :func:`digest` of each.
    hashes : Hashes
    """
    settings = json.loads(json.dumps(loaded.understood, default=str))
    for part, keys in NOT_A_CAUSE.items():
        settings[part] = {key: value for key, value in settings[part].items() if key not in keys}
    return {
        "settings": settings,
        "inputs": {role: hashes.of(path)
                   for role, path in input_files(loaded.settings, None).items() if role != START},
        "versions": {"breedeval": program_version(), **package_versions()},
        "after": dict(after)}


def digest(told: Mapping[str, Any]) -> str:
    """One word for a fingerprint."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def reasons_to_run(directory: Path, now: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the results in a folder are not those of the run; nothing where they are."""
    if not directory.exists():
        return ("it has no results yet",)
    if lacking := _lacking(directory):
        return (f"its results are not whole: {lacking[0]} is missing",)
    kept = read_document(directory / "provenance.json").get(KEPT)
    if not isinstance(kept, dict) or "fingerprint" not in kept:
        return ("its results are not of a batch",)
    reasons = tuple(_differences(kept["fingerprint"], now))
    if not reasons and status_of(directory) == "not converged":
        return ("it did not converge",)
    return reasons


def status_of(directory: Path) -> str:
    """``done``, ``not converged`` or ``not determined``; empty where there are no results."""
    return str(read_document(directory / "summary.json").get("status", ""))


def read_document(path: Path) -> dict[str, Any]:
    """A JSON document; empty where it is not there, or none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lacking(directory: Path) -> list[str]:
    absent = [name for name in ALWAYS if find_table(directory, name) is None]
    return [*absent, *(name for name in DOCUMENTS if not (directory / name).is_file())]


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    settings = settings_differences(old["settings"], new["settings"])
    if len(settings):
        first = [f"{path}: {_shown(before)} → {_shown(now)}"
                 for path, before, now in settings.head(SHOWN).itertuples(index=False)]
        more = len(settings) - len(first)
        yield f"{'; '.join(first)}{f'; and {more} more' if more else ''}"
    for role in dict.fromkeys([*old["inputs"], *new["inputs"]]):
        before, now = old["inputs"].get(role), new["inputs"].get(role)
        if None not in (before, now) and before != now:
            yield f"the {role} changed"
        elif before != now and settings.empty:
            yield f"the {role} {'is new' if before is None else 'is gone'}"
    for name, now in new["versions"].items():
        before = old["versions"].get(name)
        if before != now:
            yield f"{name} {before or 'absent'} → {now or 'absent'}"
    others = [f"'{name}'" for name, now in new["after"].items() if old["after"].get(name) != now]
    if others:
        words = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
        yield f"{words}, which it comes after, changed"


def _shown(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
