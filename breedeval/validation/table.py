"""The table of a validation: every statistic by fold and over all, with intervals.

Intervals are percentiles of a bootstrap over individuals. A sample of them is drawn once for all
models, folds and repeats, so that differences between models are intervals of pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.validation.moments import Moments, moments, together
from breedeval.validation.statistics import of_individuals, of_records

Float64 = NDArray[np.float64]
COLUMNS = ["model", "compared_with", "trait", "repeat", "fold", "statistic", "estimate", "lower",
           "upper", "individuals", "records"]
ENDS = (2.5, 97.5)
"""Percentiles at the ends of an interval."""
AT_ONCE = 2 * 10**7
"""Weights held at a time."""


@dataclass(frozen=True, eq=False)
class FoldPredictions:
    """Predictions of one fold by one model for one trait, one a record.

    Parameters
    ----------
    model, trait : str
    repeat : int
    fold : str
    individual : ndarray of int32, shape (n,)
        Code of the individual of each record, among those of all folds.
    corrected : ndarray of float64, shape (n,)
        y*: hidden phenotypes less their fixed effects, as all records give these.
    predicted, whole : ndarray of float64, shape (n,)
        û without the phenotypes hidden, and with all.
    genetic_variance : float
        σ²_t of the model.
    reference_variance : float
        σ²_t by which accuracies of all models are measured.
    """

    model: str
    trait: str
    repeat: int
    fold: str
    individual: NDArray[np.int32]
    corrected: Float64
    predicted: Float64
    whole: Float64
    genetic_variance: float
    reference_variance: float


@dataclass(frozen=True, eq=False)
class _Fold:
    """Sums of one fold, under the data's own weights first and every bootstrap sample after."""

    of: FoldPredictions
    individuals: int
    by_record: Moments
    by_individual: Moments


Values = Mapping[str, Float64]
Key = TypeVar("Key")


def validation_table(
    tested: Sequence[FoldPredictions], *, individuals: int, bootstrap: int, seed: int
) -> pd.DataFrame:
    """Statistics by fold, by repeat and over all, and differences from the first model.

    Parameters
    ----------
    tested : sequence of FoldPredictions
    individuals : int
        Number of individuals that codes count.
    bootstrap : int
        Samples; 0 for no intervals.
    seed : int

    Returns
    -------
    DataFrame
        model, compared_with, trait, repeat, fold, statistic, estimate, lower, upper, individuals,
        records. ``repeat`` and ``fold`` are empty where they are taken together; with
        ``compared_with`` the statistic is the difference from that model.
    """
    folds = _sums(tested, individuals, bootstrap, seed)
    rows: list[tuple[object, ...]] = []
    for fold in folds:
        own = fold.of
        rows += _rows((own.model, "", own.trait, str(own.repeat), own.fold), _statistics([fold]),
                      fold.individuals, own.individual.size)
    overall: dict[tuple[str, str], Values] = {}
    for (model, trait), parts in _grouped(folds, lambda one: (one.model, one.trait)):
        repeats = list(_grouped(parts, lambda one: one.repeat))
        values = [_statistics(of_repeat) for _, of_repeat in repeats]
        if len(repeats) > 1:
            for (repeat, of_repeat), found in zip(repeats, values, strict=True):
                rows += _rows((model, "", trait, str(repeat), ""), found, *_sizes(of_repeat))
        overall[model, trait] = {name: np.mean([found[name] for found in values], axis=0)
                                 for name in values[0]}
        sizes = _sizes(parts)
        rows += _rows((model, "", trait, "", ""), overall[model, trait], *sizes)
        first = next(name for name, of_trait in overall if of_trait == trait)
        if model != first:
            apart = {name: value - overall[first, trait][name]
                     for name, value in overall[model, trait].items()}
            rows += _rows((model, first, trait, "", ""), apart, *sizes)
    return pd.DataFrame(rows, columns=COLUMNS)


def _sums(
    tested: Sequence[FoldPredictions], individuals: int, bootstrap: int, seed: int
) -> list[_Fold]:
    pairs = [_by_individual(one) for one in tested]
    records: list[list[Moments]] = [[] for _ in tested]
    means: list[list[Moments]] = [[] for _ in tested]
    for weights in _samples(individuals, bootstrap, seed):
        for at, (one, (codes, x, y)) in enumerate(zip(tested, pairs, strict=True)):
            records[at].append(moments(one.predicted, one.corrected, weights[:, one.individual]))
            means[at].append(moments(x, y, weights[:, codes]))
    return [_Fold(one, codes.size, _joined(by_record), _joined(by_individual))
            for one, (codes, _, _), by_record, by_individual in zip(
                tested, pairs, records, means, strict=True)]


def _samples(individuals: int, bootstrap: int, seed: int) -> Iterator[Float64]:
    """Ones, then how often each individual is in each sample, some samples at a time."""
    yield np.ones((1, individuals))
    random = np.random.default_rng(seed)
    step = max(AT_ONCE // max(individuals, 1), 1)
    for start in range(0, bootstrap, step):
        yield np.stack([
            np.bincount(random.integers(individuals, size=individuals), minlength=individuals)
            for _ in range(min(step, bootstrap - start))]).astype(np.float64)


def _by_individual(one: FoldPredictions) -> tuple[NDArray[np.int32], Float64, Float64]:
    """Individuals, and their mean predictions from the part and from all."""
    codes, place = np.unique(one.individual, return_inverse=True)
    count = np.bincount(place)
    return (codes, np.bincount(place, one.predicted) / count,
            np.bincount(place, one.whole) / count)


def _joined(parts: Sequence[Moments]) -> Moments:
    return Moments(*(np.concatenate([getattr(part, field.name) for part in parts])
                     for field in fields(Moments)))


def _statistics(folds: Sequence[_Fold]) -> Values:
    """Of some folds together; where every fold has one individual, of all as one fold."""
    if len(folds) > 1 and all(fold.individuals == 1 for fold in folds):
        folds = [_merged(folds)]
    own, reference = (
        _average(folds, [getattr(fold.of, name) for fold in folds])
        for name in ("genetic_variance", "reference_variance"))
    by_record = together([fold.by_record for fold in folds])
    by_individual = together([fold.by_individual for fold in folds])
    return {**of_records(by_record, reference), **of_individuals(by_individual, own)}


def _average(folds: Sequence[_Fold], variances: Sequence[float]) -> float:
    """Mean variance, each by the degrees of freedom of its fold."""
    weights = [max(fold.individuals - 1, 0) for fold in folds]
    return float(np.average(variances, weights=weights)) if sum(weights) else float(variances[0])


def _merged(folds: Sequence[_Fold]) -> _Fold:
    """Folds of one individual each as one fold; every fold has one mean for its sample."""
    def merged(name: str) -> Moments:
        parts: list[Moments] = [getattr(fold, name) for fold in folds]
        n, x, y = (np.stack([getattr(part, key) for part in parts]) for key in ("count", "x", "y"))
        whole = together(parts)
        x, y = np.where(n > 0, x - whole.x, 0.0), np.where(n > 0, y - whole.y, 0.0)
        xx, xy, yy = ((n * a * b).sum(axis=0) for a, b in ((x, x), (x, y), (y, y)))
        return Moments(whole.count, np.maximum(whole.count - 1, 0.0), whole.x, whole.y,
                       whole.xx + xx, whole.xy + xy, whole.yy + yy, whole.apart)

    individuals = sum(fold.individuals for fold in folds)
    return _Fold(folds[0].of, individuals, merged("by_record"), merged("by_individual"))


def _rows(
    key: tuple[str, ...], values: Values, individuals: int, records: int
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, found in values.items():
        sample = found[1:][np.isfinite(found[1:])]
        low, high = np.percentile(sample, ENDS) if sample.size else (np.nan, np.nan)
        rows.append((*key, name, float(found[0]), float(low), float(high), individuals, records))
    return rows


def _sizes(folds: Sequence[_Fold]) -> tuple[int, int]:
    """Individuals and records that are in any of the folds, each once a repeat."""
    repeats = len({fold.of.repeat for fold in folds})
    codes = np.unique(np.concatenate([fold.of.individual for fold in folds]))
    return int(codes.size), sum(fold.of.individual.size for fold in folds) // repeats


def _grouped(
    folds: Sequence[_Fold], key: Callable[[FoldPredictions], Key]
) -> list[tuple[Key, list[_Fold]]]:
    """Folds with the same key, in the order in which they first appear."""
    groups: dict[Key, list[_Fold]] = {}
    for fold in folds:
        groups.setdefault(key(fold.of), []).append(fold)
    return list(groups.items())
