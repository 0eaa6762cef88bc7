"""breedeval: genetic evaluation of animals and plants.

``run(config)`` and ``evaluate(records, …)`` do it all in one step; ``ladder`` has the rungs in
between.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from breedeval.errors import BreedevalError, InputError, LimitError
    from breedeval.evaluation.result import Evaluation
    from breedeval.workflow import ladder
    from breedeval.workflow.api import evaluate, run

__all__ = [
    "BreedevalError", "Evaluation", "InputError", "LimitError", "evaluate", "ladder", "run",
]

_HOMES = {
    "BreedevalError": "errors", "InputError": "errors", "LimitError": "errors",
    "Evaluation": "evaluation.result", "evaluate": "workflow.api", "run": "workflow.api",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import breedeval`` and ``--help`` are quick."""
    if name == "ladder":
        return import_module("breedeval.workflow.ladder")
    if name in _HOMES:
        return getattr(import_module(f"breedeval.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'breedeval' has no attribute {name!r}")
