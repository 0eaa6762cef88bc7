"""Columns of a table of the page, packed: numbers by their digits, texts as codes into labels."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.levels import natural_order
from breedeval.report import numbers, packing
from breedeval.report.views import sex_in_words

_DECIMAL = re.compile(r"^[+-]?\d*\.\d+([eE][+-]?\d+)?$|^[+-]?\d+\.?$")


def json_for_page(payload: dict[str, Any]) -> str:
    """JSON that is safe inside a ``script`` element."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def named_column(names: pd.Index, labels: pd.Index) -> dict[str, Any]:
    """A column of identifiers: codes into the labels that all such columns share."""
    return {"kind": "text", "named": True, "count": len(labels),
            **packing.pack_integers(codes_of(labels, names))}


def packed_column(key: str, column: pd.Series) -> dict[str, Any]:
    """A column of an attribute: a number where it has decimals, else a text."""
    if key == "sex":
        column = sex_in_words(column)
    values = _as_numbers(key, column)
    if values is None:
        labels, codes = coded(column)
        return {"kind": "text", "labels": packing.pack_text(labels), "count": len(labels),
                **packing.pack_integers(codes)}
    values = np.floor(values) if key in ("birth_year", "generation") else values
    known = values[np.isfinite(values)]
    decimals = 0 if (known == np.floor(known)).all() else numbers.decimals_for(values)
    plain = {"plain": True} if "year" in key else {}
    return {"kind": "number", "decimals": decimals, **plain, **packing.pack_numbers(values, 7)}


def _as_numbers(key: str, column: pd.Series) -> NDArray[np.float64] | None:
    """Numbers of a column that has some with decimals; whole numbers alone may be labels."""
    if pd.api.types.is_bool_dtype(column):
        return None
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    text = column.dropna().astype("str").str.strip()
    text = text[text != ""]
    numeric = bool(text.str.match(_DECIMAL).all() and text.str.contains(".", regex=False).any())
    if not numeric and key not in ("birth_year", "generation"):
        return None
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def coded(column: pd.Series) -> tuple[list[str], NDArray[np.int32]]:
    """Labels in natural order, and the code of every row."""
    text = text_of(column)
    labels = [str(label) for label in text.dropna().unique()]
    labels = [labels[k] for k in natural_order(labels)]
    return labels, codes_of(pd.Index(labels, dtype="str"), text)


def text_of(column: pd.Series) -> pd.Index:
    """Cells as text, missing where there is none."""
    text = column.astype("str").where(column.notna())
    return pd.Index(text.where(text != ""))


def codes_of(labels: pd.Index, text: pd.Index) -> NDArray[np.int32]:
    """Places among the labels; ``ABSENT`` where it is none of them."""
    codes = labels.get_indexer(text).astype(np.int32)
    return np.where(codes < 0, np.int32(packing.ABSENT), codes).astype(np.int32)
