"""A comparison of two evaluations as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from breedeval.comparison import Comparison, LikelihoodTest, Verdict


def comparison_json(comparison: Comparison) -> str:
    """Everything a comparison found, as one document; tables are lists of rows.

    Parameters
    ----------
    comparison : Comparison
    """
    values = {field.name: _plain(getattr(comparison, field.name)) for field in fields(comparison)}
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return json.loads(value.to_json(orient="records", double_precision=15))
    if isinstance(value, LikelihoodTest | Verdict):
        return asdict(value)
    if isinstance(value, tuple):
        return [asdict(item) for item in value]
    return value
