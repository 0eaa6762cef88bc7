"""Values of individuals from effects of markers that were estimated before.

With z the coded copies of an individual, its direct genomic value and its reliability are

    v = Σ (x − c)â + offset,   k′Mk / (σ²κ),   k = f Z z + c,   κ = f z′z + c + t + r

with Z, M, f and the constants of :mod:`breedeval.evaluation.marker_effects`: what the evaluation
itself would give for an individual without records (but for a relationship by pedigree that was
blended in, of which markers know nothing). Missing calls and markers count as the mean, c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.genotypes.alignment import Alignment, align
from breedeval.genotypes.calls import Calls, Coding
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.packed import Packed
from breedeval.levels import Levels

Float64 = NDArray[np.float64]

BLOCK = 1024
"""Markers at a time."""
LANES = 1024
"""Individuals at a time."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted values.

    Parameters
    ----------
    table : DataFrame
        individual, effect, component, trait, direct_genomic_value, reliability, accuracy, markers.
    alignment : Alignment
    names : Levels
        The markers with effects.
    """

    table: pd.DataFrame
    alignment: Alignment
    names: Levels


def predict(arrays: Mapping[str, NDArray[Any]], genotypes: Genotypes) -> Prediction:
    """Direct genomic values of everybody in a set of genotypes.

    Parameters
    ----------
    arrays : mapping
        As :func:`~breedeval.evaluation.marker_tables.prediction_arrays` gives them.
    genotypes : Genotypes

    Raises
    ------
    InputError
        When none of the markers is known, or the ploidy is another.
    """
    names = Levels.of([str(name) for name in arrays["markers"]])
    found = align(names, _alleles(arrays["counted"]), _alleles(arrays["other"]), genotypes.markers)
    _require_markers(arrays, genotypes, found)
    parts = []
    for start in range(0, genotypes.calls.individuals, LANES):
        some = np.arange(start, min(start + LANES, genotypes.calls.individuals))
        parts.append(_of_some(arrays, genotypes.select(individuals=some), found))
    return Prediction(pd.concat(parts, ignore_index=True), found, names)


def _require_markers(
    arrays: Mapping[str, NDArray[Any]], genotypes: Genotypes, found: Alignment
) -> None:
    ploidy = int(arrays["ploidy"])
    if genotypes.calls.ploidy != ploidy:
        raise InputError(Problem(
            genotypes.source, f"its ploidy is {genotypes.calls.ploidy}",
            f"Expected {ploidy}, as in the evaluation"))
    if not (found.rows >= 0).any():
        names = ", ".join(str(name) for name in arrays["markers"][:3])
        have = ", ".join(genotypes.markers.names.to_list()[:3])
        raise InputError(Problem(
            genotypes.source, f"none of its markers ({have}, …) has an effect",
            f"Expected markers of the evaluation, such as {names}",
            "Compare how the two files name markers and alleles"))


def _of_some(
    arrays: Mapping[str, NDArray[Any]], genotypes: Genotypes, found: Alignment
) -> pd.DataFrame:
    """Values and reliabilities of some individuals, cell by cell."""
    scale, count = arrays["scale"], genotypes.calls.individuals
    slopes = arrays["estimate"] / np.where(scale > 0, scale, 1.0)[:, None]
    training = _training(arrays)
    values = np.tile(arrays["offset"], (count, 1))
    called, own = np.zeros(count, np.int64), np.zeros(count)
    shared = np.zeros((0 if training is None else training.individuals, count))
    for start, z, there in _coded(arrays, genotypes.calls, found):
        stop = start + len(z)
        values += z.T @ slopes[start:stop]
        called += there.sum(axis=0)
        own += np.square(z).sum(axis=0)
        if training is not None:
            coding = Coding(arrays["centre"][start:stop], scale[start:stop])
            shared += training.coded(start, stop, coding).T.astype(np.float64) @ z
    reliability = np.full(values.shape, np.nan)
    if training is not None:
        factor, constant = float(arrays["factor"]), float(arrays["constant"])
        k = factor * shared + constant
        total = factor * own + constant + float(arrays["pedigree"]) + float(arrays["identity"])
        for cell, middle in enumerate(arrays["middle"]):
            told = np.einsum("ij,ij->j", middle.astype(np.float64) @ k, k)
            reliability[:, cell] = told / (arrays["variance"][cell] * total)
    return pd.concat([pd.DataFrame({
        "individual": genotypes.individuals.to_series(), "effect": str(arrays["effect"]),
        "component": str(arrays["component"][cell]), "trait": str(arrays["trait"][cell]),
        "direct_genomic_value": values[:, cell], "reliability": reliability[:, cell],
        "accuracy": np.sqrt(np.clip(reliability[:, cell], 0.0, None)), "markers": called})
        for cell in range(values.shape[1])], ignore_index=True)


def _training(arrays: Mapping[str, NDArray[Any]]) -> Calls | None:
    """Genotypes of those whom the effects are from, where they were kept."""
    if "packed" in arrays:
        return Packed(arrays["packed"], int(arrays["individuals"]))
    if "dosages" in arrays:
        return Dosages(arrays["dosages"], int(arrays["ploidy"]))
    return None


def _coded(
    arrays: Mapping[str, NDArray[Any]], calls: Calls, found: Alignment
) -> Iterator[tuple[int, Float64, NDArray[np.bool_]]]:
    """Blocks of (x − c)s of the known markers, counting the allele known; and who has a call."""
    ploidy, size = int(arrays["ploidy"]), found.rows.size
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        rows = found.rows[start:stop]
        present = np.flatnonzero(rows >= 0)
        copies = np.full((stop - start, calls.individuals), np.nan)
        if present.size:
            copies[present] = calls.select(markers=rows[present]).block(0, present.size)
        other = found.swapped[start:stop]
        copies[other] = ploidy - copies[other]
        centre, scale = (arrays[name][start:stop, None] for name in ("centre", "scale"))
        yield start, np.nan_to_num((copies - centre) * scale), ~np.isnan(copies)


def _alleles(values: NDArray[Any]) -> pa.Array:
    return pa.array([str(value) or None for value in values], pa.large_string())
