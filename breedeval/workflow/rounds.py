"""The last round of an estimation, kept beside the results until they are written.

A run that was stopped finds it and goes on from there. It belongs to one run file with its inputs
and one version of the program; anything else starts anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breedeval.config.canonical import plain_settings
from breedeval.config.settings import RunSettings
from breedeval.provenance import PROGRAM, program_version, sha256
from breedeval.workflow.reading import START, input_files

FREE = ("max_rounds", "tolerance", "profile", "tests")
"""Keys of ``variances`` that may change between a run and the one that resumes it."""


@dataclass(frozen=True)
class Rounds:
    """Where the state is kept, and what it belongs to.

    Parameters
    ----------
    path : Path
    belongs_to : str
        Hash of the run, its inputs and the program.
    """

    path: Path
    belongs_to: str

    def read(self) -> dict[str, Any] | None:
        """The state of the last round; None when there is none for this run."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(kept, dict) or kept.get("belongs_to") != self.belongs_to:
            return None
        state = kept.get("state")
        return state if isinstance(state, dict) else None

    def write(self, state: Mapping[str, Any]) -> None:
        """Keep the state of a round; a disk that cannot take it does not stop the run."""
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        kept = {"program": PROGRAM, "belongs_to": self.belongs_to, "state": state}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(kept), encoding="utf-8")
            beside.replace(self.path)
        except OSError:
            beside.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget it: the results are written."""
        self.path.unlink(missing_ok=True)


def rounds_of(settings: RunSettings, directory: Path) -> Rounds:
    """Where the rounds of a run that writes to ``directory`` are kept."""
    plain = plain_settings(settings, None)
    variances = plain["variances"]
    told = {
        "run": {key: plain[key] for key in ("model", "relationships", "records", "pedigree")
                if key in plain},
        "variances": {key: value for key, value in variances.items() if key not in FREE},
        "solver": settings.solve.method,
        "inputs": {role: sha256(path) for role, path in input_files(settings, None).items()
                   if role != START},
        "version": program_version()}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return Rounds(directory.with_name(f".{directory.name}.rounds.json"), digest)
