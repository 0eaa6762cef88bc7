"""Solutions as the tables of the output folder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.intervals import Scale, with_intervals
from breedeval.evaluation.solving import Solutions
from breedeval.levels import Levels
from breedeval.model.design import Design, RandomTerm
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.precision import Precision
from breedeval.variance.delta import (
    Quantities,
    Sampling,
    cell_statuses,
    cells_of_zero,
    lower_cells,
)

Vector = NDArray[np.float64]
ROUNDING = 1e-12
"""Reliabilities nearer to zero than this are rounding of 1 − 1."""
SEX = np.array(["", "male", "female"])


def breeding_values_table(solutions: Solutions) -> pd.DataFrame:
    """One row per individual × component × trait of every effect with a relationship of its own.

    reliability = 1 − PEV / (σ²k), k being the diagonal of the relationship (1 + F for A), accuracy
    its root; clones follow the individuals and have the values of the individual they are copies
    of.
    """
    equations = solutions.equations
    parts = []
    for effect, term in enumerate(equations.design.random):
        precision = equations.precisions[effect]
        if not precision.of_individuals:
            continue
        q = len(term.levels)
        values = solutions.random(effect, solutions.estimates)[:q]
        errors = None
        if solutions.error_variance is not None:
            errors = solutions.random(effect, solutions.error_variance)[:q]
        variances = np.diagonal(equations.covariances[effect].matrix)
        inbreeding = np.full(q, np.nan) if precision.inbreeding is None else precision.inbreeding
        counts = _record_counts(equations.design, term)
        for k, (component, trait) in enumerate(term.cells()):
            pev = reliability = np.full(q, np.nan)
            if errors is not None:
                pev = errors[:, k]
                reliability = 1.0 - pev / (variances[k] * precision.variance)
            reliability[np.abs(reliability) < ROUNDING] = 0.0
            parts.append(with_clones(pd.DataFrame({
                "effect": term.name, "component": component,
                "trait": equations.design.traits[trait],
                "individual": term.levels.to_series(), "breeding_value": values[:, k],
                "se": standard_errors(pev), "reliability": reliability,
                "accuracy": np.sqrt(np.clip(reliability, 0.0, None)), "inbreeding": inbreeding,
                "records": counts[k]}), term.levels, precision))
    columns = ["effect", "component", "trait", "individual", "breeding_value", "se",
               "reliability", "accuracy", "inbreeding", "records"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def standard_errors(variance: Vector) -> Vector:
    """Roots of error variances; NaN where an indefinite relationship makes them negative."""
    return np.sqrt(np.where(variance < 0, np.nan, variance))


def _record_counts(design: Design, term: RandomTerm) -> list[NDArray[np.int64]]:
    """Records of every level, for each cell of the effect; a record counts once."""
    units = [design.unit[design.of_trait(trait)] for trait in range(len(design.traits))]
    counts: dict[tuple[str, int], NDArray[np.int64]] = {}
    for component in term.components:
        codes = np.sort(component.codes, axis=1)
        first = np.ones(codes.shape, np.bool_)
        first[:, 1:] = codes[:, 1:] != codes[:, :-1]
        once = np.where(first, codes, -1)
        for trait in term.traits:
            for k, name in enumerate(component.coefficients):
                own = once[units[trait]]
                if component.values.shape[1] < len(component.coefficients):  # of classes
                    own = own[component.shift[units[trait]] == k]
                counts[name, trait] = np.bincount(own[own >= 0], minlength=len(term.levels))
    return [counts[cell] for cell in term.cells()]


def with_clones(frame: pd.DataFrame, levels: Levels, precision: Precision) -> pd.DataFrame:
    """Rows of the individuals, and after them those of clones, who have the same values."""
    if precision.pedigree is None or not precision.pedigree.clone_of:
        return frame
    clones = precision.pedigree.clone_of
    copies = frame.iloc[levels.codes(list(clones.values()))].copy()
    copies["individual"] = list(clones)
    return pd.concat([frame, copies], ignore_index=True)


def solutions_table(solutions: Solutions) -> pd.DataFrame:
    """Every solution, fixed and random; status says why an estimate was set to zero."""
    equations = solutions.equations
    design, layout = equations.design, equations.layout
    estimate = solutions.estimates
    se = standard_errors(solutions.error_variance) if solutions.error_variance is not None else (
        np.full(layout.size, np.nan))
    status = _status(equations)
    parts = []
    for term, offset in zip(design.fixed, layout.fixed_offsets, strict=True):
        part = slice(offset, offset + term.size)
        labels = ["intercept"] if term.name == "intercept" else term.labels()
        parts.append(pd.DataFrame({
            "effect": term.name, "component": "", "trait": design.traits[term.trait],
            "level": labels,
            "estimate": estimate[part], "se": se[part], "status": status[part]}))
    for effect, random in enumerate(design.random):
        part = layout.random_slice(effect)
        levels = all_labels(random.levels, equations.precisions[effect].groups).to_series()
        cells = random.cells()
        parts.append(pd.DataFrame({
            "effect": random.name, "component": np.tile([c for c, _ in cells], len(levels)),
            "trait": np.tile([design.traits[t] for _, t in cells], len(levels)),
            "level": levels.repeat(len(cells)).array,
            "estimate": estimate[part], "se": se[part], "status": status[part]}))
    return pd.concat(parts, ignore_index=True)


def all_labels(levels: Levels, groups: Levels) -> Levels:
    """Levels of a random effect in the order of its solutions: groups after individuals."""
    labels = pa.concat_arrays([levels.labels, groups.labels]) if len(groups) else levels.labels
    return Levels(labels)


def _status(equations: Equations) -> NDArray[np.object_]:
    """Empty, ``reference`` for the first level of a class effect, else ``dependent``."""
    status = np.full(equations.layout.size, "", object)
    status[equations.rank.dropped] = "dependent"
    for term, offset in zip(equations.design.fixed, equations.layout.fixed_offsets, strict=True):
        if term.is_class and status[offset] == "dependent":
            status[offset] = "reference"
    return status


def dependencies(equations: Equations) -> list[str]:
    """Sentences: which columns were set to zero and what they are equal to.

    The first level of a class effect, which the intercept and the other levels give, is the
    ordinary coding and not listed.
    """
    labels = _position_labels(equations)
    status = _status(equations)
    lines = []
    for row, column in enumerate(equations.rank.dropped):
        if status[column] != "dependent":
            continue
        part = equations.rank.dependencies[[row]].tocoo()
        terms = [f"{'+' if value > 0 else '−'} " + (
            "" if abs(abs(value) - 1) < 1e-6 else f"{abs(value):.4g} × ") + labels[place]
            for place, value in zip(part.col[:6], part.data[:6], strict=True)]
        more = f" … ({part.nnz} terms)" if part.nnz > 6 else ""
        right = " ".join(terms).removeprefix("+ ") or "nothing (it has no record)"
        lines.append(f"{labels[column]} = {right}{more}")
    return lines


def _position_labels(equations: Equations) -> Mapping[int, str]:
    """Names of the positions of the fixed columns and of groups."""
    labels: dict[int, str] = {}
    design = equations.design
    several = len(design.traits) > 1
    for term, offset in zip(design.fixed, equations.layout.fixed_offsets, strict=True):
        of_trait = f" of {design.traits[term.trait]}" if several else ""
        for k, label in enumerate(term.labels()):
            name = f"{term.name} {label}".strip() if label != term.name else label
            labels[offset + k] = name + of_trait + (" (as −1 to 1)" if term.is_centred else "")
    for effect, random in enumerate(design.random):
        groups = equations.precisions[effect].groups
        cells = random.cells()
        first = equations.layout.random_offsets[effect] + len(random.levels) * len(cells)
        for g in range(len(groups)):
            for k, (name, trait) in enumerate(cells):
                of_trait = f" of {design.traits[trait]}" if several else ""
                labels[first + g * len(cells) + k] = f"group {groups[g]} of {name}{of_trait}"
    return labels


def matrix_cells(equations: Equations) -> list[tuple[str, list[tuple[str, str]]]]:
    """Effect, and component and trait of every cell, of each covariance matrix in order."""
    design = equations.design
    found = [(term.name, [(name, design.traits[trait]) for name, trait in term.cells()])
             for term in design.random]
    for label in design.residual.levels:
        name = f"residual[{label}]" if label else "residual"
        found.append(("residual", [(name, trait) for trait in design.traits]))
    return found


def variances_table(equations: Equations, sampling: Sampling | None = None) -> pd.DataFrame:
    """The (co)variances, lower triangles row by row, residual classes and slopes last.

    Parameters
    ----------
    equations : Equations
        At the variances.
    sampling : Sampling, optional
        Of their estimates; without it they were given.

    Returns
    -------
    DataFrame
        effect, component_1, trait_1, component_2, trait_2, estimate, se, status, lower, upper
        (:mod:`breedeval.evaluation.intervals`), zero. ``se`` is NaN for what was not estimated;
        ``zero`` says that the estimate is 0, for which ``estimate`` is the least that the equations
        can hold. Slopes of a log-linear residual variance are those of all traits, and have no
        trait unless there is one only.
    """
    variances, rows, scales = equations.variances, [], []
    for number, (effect, cells) in enumerate(matrix_cells(equations)):
        found = lower_cells(variances, number)
        places = zip(*np.tril_indices(len(cells)), strict=True)
        rows += [(effect, *cells[i], *cells[j], value, error, status, zero)
                 for (i, j), value, error, status, zero in zip(
                     places, found.values, found.errors(sampling),
                     cell_statuses(variances, number, sampling),
                     cells_of_zero(variances, number, sampling), strict=True)]
        scales += _scales(len(cells))
    slopes = _slopes(equations, sampling)
    frame = pd.DataFrame([*rows, *slopes], columns=[
        "effect", "component_1", "trait_1", "component_2", "trait_2", "estimate", "se", "status",
        "zero"])
    zero = frame.pop("zero")
    return with_intervals(frame, [*scales, *_plain(len(slopes))]).assign(zero=zero)


def _scales(size: int) -> list[Scale]:
    """Of the lower triangle of a covariance matrix."""
    rows, columns = np.tril_indices(size)
    return ["variance" if i == j else "plain" for i, j in zip(rows, columns, strict=True)]


def _plain(count: int) -> list[Scale]:
    return ["plain"] * count


def _slopes(
    equations: Equations, sampling: Sampling | None
) -> list[tuple[str, str, str, str, str, float, float, str, bool]]:
    """Slopes of the log of the residual variance."""
    design, own = equations.design, equations.variances.slices[-1]
    slopes = equations.variances.slopes
    errors = Quantities(slopes, np.eye(equations.variances.count)[own]).errors(sampling)
    statuses = ("given",) * slopes.size if sampling is None else sampling.statuses[own]
    cells = [(f"log_linear({name})", design.traits[0] if len(design.traits) == 1 else "")
             for name in design.residual.names]
    return [("residual", *cell, *cell, float(value), float(error), status, False)
            for cell, value, error, status in zip(cells, slopes, errors, statuses, strict=True)]


def individuals_table(pedigree: Pedigree, inbreeding: Vector) -> pd.DataFrame:
    """Who the individuals are: parents, sex, birth year, generation, F, and carried columns."""
    individuals = pedigree.individuals
    frame = pd.DataFrame({
        "individual": individuals.to_series(),
        "sire": individuals.take(pedigree.sire).to_pandas().astype("str"),
        "dam": individuals.take(pedigree.dam).to_pandas().astype("str"),
        "sex": SEX[pedigree.sex], "birth_year": pedigree.birth_year,
        "generation": pedigree.generation, "inbreeding": inbreeding, "listed": pedigree.listed})
    for name, column in pedigree.carried.items():
        if name not in frame.columns:
            frame[name] = column.to_pandas()
    if pedigree.clone_of:
        copies = frame.iloc[individuals.codes(list(pedigree.clone_of.values()))].copy()
        copies["individual"] = list(pedigree.clone_of)
        frame = pd.concat([frame, copies], ignore_index=True)
    return frame
