"""Effects of markers as tables, and what later predictions need of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.evaluation.marker_effects import (
    MarkerEffects,
    frequencies,
    genomic_values,
    marker_variances,
)
from breedeval.genotypes.packed import Packed
from breedeval.genotypes.windows import Windows

Float64 = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]


def window_variances(effects: MarkerEffects, windows: Windows) -> list[Float64]:
    """Variance among the genotyped of the values of each window, for each cell.

    Var(Σ (x − c)â) over the markers of a window, and last over all markers; shape (w + 1,).
    """
    members = [*(windows.members(k) for k in range(len(windows))),
               np.arange(len(effects.part.genotypes.markers))]
    return [np.array([values.var() for values in genomic_values(
        effects.part, cell.estimate, members)]) for cell in effects.cells]


def marker_table(
    effects: MarkerEffects, windows: Windows, variances: list[Float64]
) -> pd.DataFrame:
    """One row a marker and cell.

    effect, component, trait, marker, chromosome, position, counted_allele, other_allele,
    frequency, estimate, se, z, p_value, variance (of a marker: 2p(1 − p)â²), window, window_share.
    """
    markers = effects.part.genotypes.markers
    p = frequencies(effects.part)
    nothing = np.full(len(markers), np.nan)
    window = windows.of_markers(len(markers))
    parts = []
    for place, (cell, variance) in enumerate(zip(effects.cells, variances, strict=True)):
        share = np.append(_shares(variance), np.nan)[window]  # −1 is the last: in no window
        parts.append(pd.DataFrame({
            "effect": effects.effect, "component": cell.component, "trait": cell.trait,
            "marker": markers.names.to_series(),
            "chromosome": markers.chromosome.to_pandas().astype("str"),
            "position": markers.position, "counted_allele": markers.counted.to_pandas(),
            "other_allele": markers.other.to_pandas(), "frequency": p,
            "estimate": cell.estimate, "se": np.sqrt(cell.error_variance),
            "z": cell.z if effects.is_tested else nothing,
            "p_value": cell.p_value if effects.is_tested else nothing,
            "variance": marker_variances(effects, place),
            "window": pd.array(np.where(window < 0, -1, window + 1)), "window_share": share}))
    table = pd.concat(parts, ignore_index=True)
    table["chromosome"] = table["chromosome"].where(markers_placed(effects, len(parts)), None)
    table["window"] = table["window"].astype("Int64").where(table["window"] > 0)
    return table


def markers_placed(effects: MarkerEffects, times: int) -> NDArray[np.bool_]:
    """Whether the chromosome of each marker is known, so many times over."""
    known = effects.part.genotypes.markers.chromosome.is_valid()
    return np.tile(np.asarray(known.to_numpy(zero_copy_only=False), np.bool_), times)


def windows_table(
    effects: MarkerEffects, windows: Windows, variances: list[Float64]
) -> pd.DataFrame:
    """One row a window and cell.

    effect, component, trait, window, chromosome, start, end, markers, first_marker, last_marker,
    variance, share (of the variance of all markers' values), top_marker.
    """
    markers = effects.part.genotypes.markers
    first, last = windows.order[windows.bounds[:-1]], windows.order[windows.bounds[1:] - 1]
    names = markers.names.to_series().to_numpy()
    parts = []
    for cell, variance in zip(effects.cells, variances, strict=True):
        strength = np.abs(np.nan_to_num(cell.z) if effects.is_tested else cell.estimate)
        top = [own[np.argmax(strength[own])] for own in map(windows.members, range(len(windows)))]
        parts.append(pd.DataFrame({
            "effect": effects.effect, "component": cell.component, "trait": cell.trait,
            "window": np.arange(1, len(windows) + 1),
            "chromosome": markers.chromosome.take(first).to_pandas(),
            "start": markers.position[first], "end": markers.position[last],
            "markers": np.diff(windows.bounds), "first_marker": names[first],
            "last_marker": names[last], "variance": variance[:-1], "share": _shares(variance),
            "top_marker": names[np.array(top, np.int64)]}))
    return pd.concat(parts, ignore_index=True)


def _shares(variances: Float64) -> Float64:
    whole = variances[-1]
    return variances[:-1] / whole if whole > 0 else np.full(variances.size - 1, np.nan)


def prediction_arrays(effects: MarkerEffects, *, reliabilities: bool) -> Arrays:
    """What :mod:`breedeval.evaluation.genomic_prediction` needs, as arrays to be kept in a file.

    With ``reliabilities``, the genotypes of those whom the effects are from and M of each cell, in
    single precision: mn/4 + 4n² bytes.
    """
    part, markers = effects.part, effects.part.genotypes.markers
    calls = part.genotypes.calls

    def text(values: Any) -> NDArray[Any]:
        return np.array(["" if value is None else value for value in values.to_pylist()], str)

    arrays: Arrays = {
        "effect": np.array(effects.effect), "markers": text(markers.names.labels),
        "counted": text(markers.counted), "other": text(markers.other),
        "ploidy": np.array(calls.ploidy), "centre": part.coded.coding.centre,
        "scale": part.coded.coding.scale, "factor": np.array(part.factor),
        "constant": np.array(part.constant), "identity": np.array(part.identity),
        "pedigree": np.array(part.pedigree),
        "component": np.array([cell.component for cell in effects.cells], str),
        "trait": np.array([cell.trait for cell in effects.cells], str),
        "estimate": np.column_stack([cell.estimate for cell in effects.cells]),
        "offset": np.array([cell.offset for cell in effects.cells]),
        "variance": np.array([cell.genetic_variance for cell in effects.cells])}
    middles = [cell.middle for cell in effects.cells]
    if reliabilities and all(middle is not None for middle in middles):
        arrays["middle"] = np.stack([np.asarray(middle, np.float32) for middle in middles])
        if isinstance(calls, Packed):
            arrays["packed"] = np.asarray(calls.data)
        else:
            arrays["dosages"] = calls.block(0, calls.markers)
        arrays["individuals"] = np.array(calls.individuals)
    return arrays


def effect_facts(effects: MarkerEffects, windows: Windows) -> Mapping[str, Any]:
    """What summary.json says of them."""
    tested = effects.is_tested
    return {
        "effect": effects.effect, "markers": len(effects.part.genotypes.markers),
        "genotyped": len(effects.part.genotypes.individuals), "windows": len(windows),
        "p_values": tested, "weighted_rounds": [dict(one) for one in effects.rounds],
        "inflation": {f"{cell.component}:{cell.trait}": cell.inflation for cell in effects.cells}
        if tested else None}
