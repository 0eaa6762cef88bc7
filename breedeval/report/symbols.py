"""The model in symbols: MathML that browsers draw without help from outside.

y = Xb + Σ Zᵢuᵢ + e, var(uᵢ) = Σᵢ ⊗ Kᵢ, var(e) = R.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from breedeval.covariance.autoregressive import AutoregressiveSettings
from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.scaled import ScaledSettings
from breedeval.covariance.settings import CovarianceSettings
from breedeval.model.spec import Model, RandomEffect
from breedeval.model.terms import BSpline, Classes, Legendre, Polynomial
from breedeval.report.numbers import significant
from breedeval.report.words import matrix_of

WRITTEN = 5
"""Matrices up to this order, and as many classes, are written out in numbers."""


def formulas(
    model: Model, relationships: Mapping[str, Any], variances: pd.DataFrame
) -> list[Markup]:
    """The equation of a record, then the variance of every random effect and of the residual.

    Parameters
    ----------
    model : Model
        The model as understood.
    relationships : mapping
        The ``relationships`` part of the run.
    variances : DataFrame
        effect, component_1, trait_1, component_2, trait_2, estimate.
    """
    subscripts = _subscripts(model)
    lines = [_record(model, subscripts)]
    for effect in model.random:
        table = covariance_of(variances, effect.name)
        letter = matrix_of(effect.relationship, relationships)
        own = _cell_subscripts(effect, subscripts[effect.name], table)
        lines.append(_variance("u", own, table, letter, effect.name))
        lines += _structure(effect.covariance, len(table), effect.name)
        lines += _bases(effect, subscripts[effect.name])
    return lines + _residual(model, variances)


def covariance_of(
    variances: pd.DataFrame, effect: str, component: str | None = None, value: str = "estimate",
) -> pd.DataFrame:
    """The covariance matrix of one effect, labelled by component and trait; NaN where not given.

    Parameters
    ----------
    variances : DataFrame
        effect, component_1, trait_1, component_2, trait_2 and the values.
    effect : str
    component : str, optional
        Only cells of this component, such as one class of the residual.
    value : str
        Column of the values.
    """
    rows = variances[variances["effect"] == effect]
    if component is not None:
        rows = rows[rows["component_1"] == component]
    keys: dict[tuple[str, str], int] = {}
    cells = []
    for row in rows.to_dict("records"):
        pair = [(str(row[f"component_{k}"]), str(row[f"trait_{k}"])) for k in (1, 2)]
        cells.append(([keys.setdefault(key, len(keys)) for key in pair], float(row[value])))
    matrix = np.full((len(keys), len(keys)), np.nan)
    for (i, j), estimate in cells:
        matrix[i, j] = matrix[j, i] = estimate
    traits = {trait for _, trait in keys}
    components = {component for component, _ in keys}
    labels = [component if len(traits) == 1 else trait if len(components) == 1
              else f"{component} {trait}" for component, trait in keys]
    return pd.DataFrame(matrix, index=labels, columns=labels)


def _subscripts(model: Model) -> dict[str, list[str]]:
    """A subscript for each component of each effect; none where there is only one in all."""
    names = [name for effect in model.random for name in effect.parts]
    if len(names) == 1:
        return {effect.name: [""] for effect in model.random}
    return {effect.name: [name if names.count(name) == 1 else f"{effect.name} {name}"
                          for name in effect.parts] for effect in model.random}


def _cell_subscripts(effect: RandomEffect, own: list[str], table: pd.DataFrame) -> list[str]:
    """A subscript for each cell of Σ; those of the components where there are too many."""
    if len(table) in (0, len(own)) or len(table) > WRITTEN:
        return own
    labels = [str(label) for label in table.index]
    if len(own) > 1:
        return labels
    name, part = next(iter(effect.parts.items()))
    if part.basis is None:
        return [f"{own[0]} {label}".strip() for label in labels]
    return [(own[0] or name) + label.removeprefix(name) for label in labels]


def _residual(model: Model, variances: pd.DataFrame) -> list[Markup]:
    """var(e), for each class where there are few."""
    weights = list(dict.fromkeys(
        column for trait in model.trait_names if (column := model.weights_of(trait))))
    slopes = " + ".join(f"{_slope(variances, name)} {name}" for name in model.residual.log_linear)
    top = f"exp({slopes})" if slopes else "1"
    relation = f"diag({', '.join(f'{top}/{column}' for column in weights)})" if weights else (
        f"diag({top})" if slopes else "I")
    classes = residual_classes(variances)
    if len(classes) > WRITTEN:
        name = str(model.residual.by)
        return [_math(_var([_symbol("e", name)]) + _operator("=") + _symbol("R", name)
                      + _operator("⊗") + _bold(relation))]
    lines = []
    for component in classes or [""]:
        table = covariance_of(variances, "residual", component or None)
        label = component.removeprefix("residual").strip("[]")
        several = 1 < len(table) <= WRITTEN
        own = [f"{label} {trait}".strip() for trait in table.index] if several else [label]
        lines.append(_variance("e", own, table, relation, component))
    size = len(model.trait_names)
    return [*lines, *_structure(model.residual.covariance, size, "residual")]


def residual_classes(variances: pd.DataFrame) -> list[str]:
    """Components of the residual that are classes: ``residual``, or ``residual[class]`` each."""
    names = variances["component_1"][variances["effect"] == "residual"].astype("str")
    return [name for name in names.unique() if name.startswith("residual")]


def _slope(variances: pd.DataFrame, covariate: str) -> str:
    """Estimated slope of the logarithm of the residual variance."""
    own = variances["component_1"].astype("str") == f"log_linear({covariate})"
    return significant(float(variances["estimate"][own].iloc[0])) if own.any() else "b"


def _structure(settings: CovarianceSettings, size: int, name: str) -> list[Markup]:
    """Σ by its parameters, where it is not any matrix or a diagonal one."""
    if size < 2:
        return []
    left = _symbol("Σ", name) + _operator("=")
    cell = Markup("<msub><mi>σ</mi><mi>{}</mi></msub>")
    equal = getattr(settings, "variances", None) == "equal"
    spread = (Markup("<msup><mi>σ</mi><mn>2</mn></msup>") if equal
              else cell.format("i") + cell.format("j"))
    cells = Markup("<msub><mi class='v' mathvariant='normal'>Σ</mi><mi>ij</mi></msub>")
    cells += _operator("=") + spread
    match settings:
        case FactorAnalyticSettings():
            return [_math(left + _bold("ΛΛ′") + _operator("+") + _bold("Ψ"))]
        case ScaledSettings():
            return [_math(left + Markup("<msup><mi>σ</mi><mn>2</mn></msup>") + _bold("M"))]
        case AutoregressiveSettings():
            return [_math(cells + Markup("<msup><mi>ρ</mi><mtext>|i − j|</mtext></msup>"))]
        case CompoundSymmetrySettings():
            return [_math(cells + Markup("<mi>ρ</mi><mtext> for i ≠ j</mtext>"))]
    return []


def _record(model: Model, subscripts: Mapping[str, list[str]]) -> Markup:
    """The equation of a record, a formula a term so that a line can break between them."""
    fixed = any(model.intercept_of(trait) or model.fixed_of(trait) for trait in model.trait_names)
    terms = [_bold("X") + _bold("b")] if fixed else []
    terms += [_symbol("Z", name) + _symbol("u", name)
              for names in subscripts.values() for name in names]
    terms.append(_bold("e"))
    first = _bold("y") + _operator("=") + terms[0]
    pieces = [first, *(_operator("+") + term for term in terms[1:])]
    return Markup('<p class="equation">{}</p>').format(
        Markup(" ").join(Markup("<math>{}</math>").format(piece) for piece in pieces))


def _variance(
    letter: str, subscripts: list[str], table: pd.DataFrame, relation: str, name: str
) -> Markup:
    left = _var([_symbol(letter, subscript) for subscript in subscripts]) + _operator("=")
    kernel = _bold(relation)
    if table.empty:
        return _math(left + kernel + Markup("<msup><mi>σ</mi><mn>2</mn></msup>"))
    if len(table) > WRITTEN:
        return _math(left + _symbol("Σ", name) + _operator("⊗") + kernel)
    numbers = [[_number(cell) for cell in row] for row in table.to_numpy()]
    if len(numbers) == 1:
        return _math(left + kernel + _operator("×") + numbers[0][0])
    return _math(left + _matrix(numbers) + _operator("⊗") + kernel)


def _var(vectors: list[Markup]) -> Markup:
    """var of a vector, or of several one below the other."""
    inner = vectors[0] if len(vectors) == 1 else _matrix([[vector] for vector in vectors])
    return Markup("<mi mathvariant='normal'>var</mi>") + _operator("(") + inner + _operator(")")


def _bases(effect: RandomEffect, subscripts: list[str]) -> list[Markup]:
    """What the columns of Z are where they are not zeros and ones for levels."""
    lines = []
    for subscript, part in zip(subscripts, effect.parts.values(), strict=True):
        if part.basis is None:
            continue
        words = Markup("<mtext>\u00a0has, for each record,\u00a0</mtext>")
        if isinstance(part.basis, Classes):
            row = Markup("<mtext>1 in the column of its class of {}</mtext>").format(
                part.basis.column)
        else:
            row = _functions(part.basis)
        lines.append(_math(_symbol("Z", subscript) + words + row))
    return lines


def _functions(basis: Legendre | Polynomial | BSpline) -> Markup:
    """φ₀(x), φ₁(x), … of a covariate; from 1 where no constant is among them."""
    first = 0 if isinstance(basis, Legendre) else 1
    numbers = list(range(first, first + basis.width))
    shown = [Markup("<msub><mi>φ</mi><mn>{}</mn></msub>").format(k) + _operator("(")
             + Markup("<mtext>{}</mtext>").format(basis.column) + _operator(")") for k in numbers]
    if len(shown) > WRITTEN:
        shown = [*shown[:2], Markup("<mo>…</mo>"), shown[-1]]
    return _operator(",").join(shown)


def _math(inner: Markup) -> Markup:
    return Markup('<math display="block">{}</math>').format(inner)


def _bold(letter: str) -> Markup:
    return Markup('<mi class="v" mathvariant="normal">{}</mi>').format(letter)


def _symbol(letter: str, subscript: str) -> Markup:
    if not subscript:
        return _bold(letter)
    return Markup("<msub>{}<mtext>{}</mtext></msub>").format(_bold(letter), subscript)


def _number(value: float) -> Markup:
    return Markup("<mn>{}</mn>").format(significant(float(value)))


def _operator(sign: str) -> Markup:
    return Markup("<mo>") + escape(sign) + Markup("</mo>")


def _matrix(cells: list[list[Markup]]) -> Markup:
    rows = Markup("").join(
        Markup("<mtr>{}</mtr>").format(
            Markup("").join(Markup("<mtd>{}</mtd>").format(cell) for cell in row))
        for row in cells)
    return Markup('<mtable class="matrix">{}</mtable>').format(rows)
