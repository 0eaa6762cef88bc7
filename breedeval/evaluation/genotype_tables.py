"""What quality control of genotypes left out, as a table and as figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from breedeval.genotypes.quality import Batch, Cleaned

COLUMNS = ("what", "name", "reason", "value", "limit", "other", "removed")


def genotype_quality_table(cleaned: Cleaned) -> pd.DataFrame:
    """A row for every marker and individual that was left out or told of, in order.

    Returns
    -------
    DataFrame
        what (marker, individual), name, reason, value, limit, other (another individual that it
        is about), removed.
    """
    frames = [_frame(batch) for batch in cleaned.batches]
    if not frames:
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS})
    return pd.concat(frames, ignore_index=True)


def _frame(batch: Batch) -> pd.DataFrame:
    size = len(batch.names)
    return pd.DataFrame({
        "what": pd.Series([batch.what] * size, dtype="str"),
        "name": pd.Series(batch.names, dtype="str"),
        "reason": pd.Series([batch.reason] * size, dtype="str"),
        "value": batch.values, "limit": np.full(size, batch.limit),
        "other": pd.Series(batch.others, dtype="str"), "removed": np.full(size, batch.removed)})


def genotype_facts(cleaned: Cleaned) -> dict[str, Any]:
    """Numbers for ``summary.json``: read, left, and left out by reason."""
    calls = cleaned.genotypes.calls
    removed: dict[str, dict[str, int]] = {"individuals": {}, "markers": {}}
    told: dict[str, int] = {}
    for batch in cleaned.batches:
        counts = removed[f"{batch.what}s"] if batch.removed else told
        counts[batch.reason] = counts.get(batch.reason, 0) + len(batch.names)
    called = int(calls.counts().called.sum())
    return {
        "file": cleaned.genotypes.source, "individuals_read": cleaned.individuals,
        "markers_read": cleaned.markers, "individuals": calls.individuals,
        "markers": calls.markers, "ploidy": calls.ploidy,
        "missing_calls": calls.individuals * calls.markers - called,
        "missing_filled_by": "ploidy × allele frequency", "removed": removed, "told": told}
