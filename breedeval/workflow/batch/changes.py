"""What a run changed against its results of last time, in a few plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from breedeval.comparison import compare
from breedeval.comparison.limits import Check, Limits
from breedeval.errors import BreedevalError
from breedeval.io.comparison import read_results
from breedeval.workflow.compare import settings_of

AGREEMENT = ("effect", "component", "trait", "common", "only_old", "only_new", "correlation",
             "rank_correlation", "slope", "mean_change", "sd_old", "largest_change")
REASONS = 8
"""Reasons that are told; the comparison of both folders tells all."""


def changes_between(old: Path, new: Path, limits: Limits | None) -> dict[str, Any]:
    """Agreement of the breeding values of two results folders, why they moved, limits not kept.

    Results that cannot be compared give the reason under ``not_compared``.
    """
    try:
        found = compare(read_results(old), read_results(new), old_settings=settings_of(old),
                        new_settings=settings_of(new), limits=limits)
    except BreedevalError as error:
        return {"not_compared": str(error)}
    reasons = [str(reason) for reason in found.reasons]
    return {
        "agreement": found.agreement[list(AGREEMENT)].to_dict("records"),
        "limits_not_kept": [] if found.verdict is None else [
            _words(check) for check in found.verdict.checks if not check.kept],
        "reasons": reasons[:REASONS], "more_reasons": max(len(reasons) - REASONS, 0)}


def _words(check: Check) -> str:
    """A limit that is not kept: ``animal · milk: correlation 0.97, min_correlation is 0.99``."""
    names = [check.effect, *([check.component] if check.component != check.effect else []),
             check.trait]
    found = "" if check.found is None else f" {check.found:.4g}"
    where = f"{' · '.join(names)}: " if check.effect else ""
    allowed = "" if check.allowed is None else f", {check.limit} is {check.allowed:g}"
    return f"{where}{check.words}{found}{allowed}"
