"""The model in symbols: MathML that browsers draw without help from outside.

y = Xb + Σ Zᵢuᵢ + e, var(uᵢ) = Σᵢ ⊗ Kᵢ, var(e) = I σ².
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from breedeval.model.spec import Model, RandomEffect
from breedeval.model.terms import Legendre
from breedeval.report.numbers import significant
from breedeval.report.words import matrix_of


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
        lines.append(_variance("u", subscripts[effect.name], table, letter))
        lines += _bases(effect, subscripts[effect.name])
    weights = f"diag(1/{model.weights})" if model.weights else "I"
    lines.append(_variance("e", [""], covariance_of(variances, "residual"), weights))
    return lines


def covariance_of(variances: pd.DataFrame, effect: str) -> pd.DataFrame:
    """The covariance matrix of one effect, labelled by component and trait; NaN where not given."""
    rows = variances[variances["effect"] == effect]
    keys: dict[tuple[str, str], int] = {}
    cells = []
    for row in rows.to_dict("records"):
        pair = [(str(row[f"component_{k}"]), str(row[f"trait_{k}"])) for k in (1, 2)]
        cells.append(([keys.setdefault(key, len(keys)) for key in pair], float(row["estimate"])))
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


def _record(model: Model, subscripts: Mapping[str, list[str]]) -> Markup:
    """The equation of a record, a formula a term so that a line can break between them."""
    terms = [_bold("X") + _bold("b")] if model.intercept or model.fixed else []
    terms += [_symbol("Z", name) + _symbol("u", name)
              for names in subscripts.values() for name in names]
    terms.append(_bold("e"))
    first = _bold("y") + _operator("=") + terms[0]
    pieces = [first, *(_operator("+") + term for term in terms[1:])]
    return Markup('<p class="equation">{}</p>').format(
        Markup(" ").join(Markup("<math>{}</math>").format(piece) for piece in pieces))


def _variance(letter: str, subscripts: list[str], table: pd.DataFrame, relation: str) -> Markup:
    vectors = [_symbol(letter, subscript) for subscript in subscripts]
    inner = vectors[0] if len(vectors) == 1 else _matrix([[vector] for vector in vectors])
    left = Markup("<mi mathvariant='normal'>var</mi>") + _operator("(") + inner + _operator(")")
    kernel = _bold(relation)
    if table.empty:
        return _math(left + _operator("=") + kernel + Markup("<msup><mi>σ</mi><mn>2</mn></msup>"))
    numbers = [[_number(cell) for cell in row] for row in table.to_numpy()]
    if len(numbers) == 1:
        return _math(left + _operator("=") + kernel + _operator("×") + numbers[0][0])
    return _math(left + _operator("=") + _matrix(numbers) + _operator("⊗") + kernel)


def _bases(effect: RandomEffect, subscripts: list[str]) -> list[Markup]:
    lines = []
    for subscript, part in zip(subscripts, effect.parts.values(), strict=True):
        if part.basis is None:
            continue
        first = 0 if isinstance(part.basis, Legendre) else 1
        functions = [
            Markup("<msub><mi>φ</mi><mn>{}</mn></msub>").format(k) + _operator("(")
            + Markup("<mtext>{}</mtext>").format(part.basis.column) + _operator(")")
            for k in range(first, part.basis.degree + 1)]
        row = _operator(",").join(functions)
        words = Markup("<mtext> has, for each record, </mtext>")
        lines.append(_math(_symbol("Z", subscript) + words + row))
    return lines


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
