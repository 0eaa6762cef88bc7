"""What follows from an evaluation: tables by the name of their file, and what the summary says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from breedeval.selection.compact import Compact


@dataclass(frozen=True, eq=False)
class Decisions:
    """What was decided.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of their file.
    summary : mapping
        Parts of the summary.
    base : DataFrame
        effect, component, trait, individual, in_base, relative, standardised; empty without one.
    coancestry : Compact or None
        Among the candidates, in the order of the table ``selection``.
    """

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    base: pd.DataFrame = field(default_factory=pd.DataFrame)
    coancestry: Compact | None = None
