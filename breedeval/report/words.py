"""The model in words: what a record is made of, and how the individuals resemble each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from breedeval.covariance.autoregressive import AutoregressiveSettings
from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.diagonal import DiagonalSettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.scaled import ScaledSettings
from breedeval.covariance.settings import CovarianceSettings
from breedeval.model.spec import Component, Model, RandomEffect
from breedeval.model.terms import (
    BSpline,
    ClassEffect,
    Classes,
    FixedEffect,
    Legendre,
    Polynomial,
)
from breedeval.report.numbers import counted, listed

_KINDS = {"pedigree": "numerator"}
_RESEMBLE = {
    "identity": "Levels are independent of each other",
    "numerator": "Individuals resemble each other as the pedigree says (numerator relationship, A)",
    "genomic": "Individuals resemble each other as their genotypes say (genomic relationship, G)",
    "single_step": "Individuals resemble each other as pedigree and genotypes together say (H)",
    "dominance": "Individuals resemble each other in their pairs of alleles (dominance, D; exact "
                 "where nobody is inbred)",
    "genomic_dominance": "Individuals resemble each other in their pairs of alleles, as their "
                         "genotypes say (dominance)",
    "genomic_epistasis": "Individuals resemble each other in interactions between genes, as their "
                         "genotypes say (products of relationships, element by element)",
    "partial": "Crossbreds resemble each other in the genes of a breed, or in the segregation "
               "between two (partial relationship)",
    "epistasis": "Individuals resemble each other in interactions between genes (products of A "
                 "and D, element by element; exact where nobody is inbred)",
    "supplied": "Individuals resemble each other as the supplied matrix says",
}
_MATRICES = {"identity": "I", "numerator": "A", "genomic": "G", "single_step": "H",
             "dominance": "D", "supplied": "K"}


@dataclass(frozen=True)
class Term:
    """One part of the model: its name, what it stands for, and its traits where not all have it."""

    name: str
    text: str
    traits: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelWords:
    """The model in sentences.

    Parameters
    ----------
    record : tuple of str
        What a record is the sum of: one sentence, or one for each trait that differs.
    fixed, random : tuple of Term
        One entry an effect.
    residual : str
        What is left over.
    """

    record: tuple[str, ...]
    fixed: tuple[Term, ...]
    random: tuple[Term, ...]
    residual: str


def model_in_words(model: Model, relationships: Mapping[str, Any]) -> ModelWords:
    """Sentences for a model.

    Parameters
    ----------
    model : Model
        The model as understood.
    relationships : mapping
        The ``relationships`` part of the run: name to settings.
    """
    return ModelWords(
        _records(model), _fixed_terms(model),
        tuple(Term(effect.name, _random(model, effect, relationships),
                   () if effect.traits is None else model.traits_of(effect))
              for effect in model.random),
        _residual(model))


def _records(model: Model) -> tuple[str, ...]:
    """One sentence for all traits that are the sum of the same parts."""
    sums: dict[tuple[str, ...], list[str]] = {}
    for trait in model.trait_names:
        own = ["an overall mean"] if model.intercept_of(trait) else []
        own += [fixed_name(effect) for effect in model.fixed_of(trait)]
        own += [effect.name for effect in model.random if trait in model.traits_of(effect)]
        sums.setdefault((*own, "what is left over (the residual)"), []).append(trait)
    return tuple(f"Each record of {listed(traits)} is taken as the sum of {listed(list(parts))}."
                 for parts, traits in sums.items())


def _fixed_terms(model: Model) -> tuple[Term, ...]:
    """Every fixed effect once, with the traits that have it where others do not."""
    texts: dict[tuple[str, str], list[str]] = {}
    for trait in model.trait_names:
        for effect in model.fixed_of(trait):
            texts.setdefault((fixed_name(effect), _fixed(effect)), []).append(trait)
    return tuple(
        Term(name, text, () if len(traits) == len(model.trait_names) else tuple(traits))
        for (name, text), traits in texts.items())


def _residual(model: Model) -> str:
    """How what is left over varies, among records and among the traits of a record."""
    residual, traits = model.residual, len(model.trait_names)
    sentences = ["Differences that no other part explains, independent from record to record."]
    if traits > 1:
        sentences.append(_structure(residual.covariance, traits, "The traits of one record"))
    if residual.by:
        what = "(co)variances" if traits > 1 else "a variance"
        sentences.append(f"Each class of {residual.by} has {what} of its own.")
    if residual.log_linear:
        sentences.append(
            f"Their variance grows or falls by a constant factor with each unit of "
            f"{listed(list(residual.log_linear))} (its logarithm is a straight line).")
    weights: dict[str, list[str]] = {}
    for trait in model.trait_names:
        if column := model.weights_of(trait):
            weights.setdefault(column, []).append(trait)
    for column, own in weights.items():
        of = "" if len(own) == traits else f" for {listed(own)}"
        sentences.append(f"Their variance is divided by {column}{of}: a record with a larger "
                         "weight counts for more.")
    return " ".join(sentences)


def _structure(settings: CovarianceSettings, size: int, subject: str) -> str:
    """How ``size`` values of one level or record vary together."""
    match settings:
        case DiagonalSettings():
            text = "are independent of one another"
        case CompoundSymmetrySettings():
            text = "are correlated, any two of them equally"
        case AutoregressiveSettings():
            text = "are correlated, the less the further apart they stand in their order"
        case FactorAnalyticSettings(order=order):
            text = (f"are correlated through {counted(order, 'common factor')}; what is left of "
                    "each is its own")
        case ScaledSettings():
            text = "vary as a known matrix says, times one variance"
        case _:
            text = "may be correlated" + (
                ", any two of them in their own way" if size > 2 else "")
    if size > 1 and getattr(settings, "variances", None) == "equal":
        text += ", and have the same variance"
    return f"{subject} {text}."


def kind_of(relationship: str, relationships: Mapping[str, Any]) -> str:
    """Kind of a relationship by its name in the model."""
    settings = relationships.get(relationship)
    if isinstance(settings, Mapping) and "kind" in settings:
        return str(settings["kind"])
    return _KINDS.get(relationship, relationship)


def matrix_of(relationship: str, relationships: Mapping[str, Any]) -> str:
    """Letter of the relationship matrix."""
    return _MATRICES.get(kind_of(relationship, relationships), "K")


def fixed_name(effect: FixedEffect) -> str:
    """A fixed effect by the columns it is made of."""
    if isinstance(effect, ClassEffect):
        return effect.name
    return effect.column + (f" within {effect.within}" if effect.within else "")


def _fixed(effect: FixedEffect) -> str:
    if isinstance(effect, ClassEffect):
        if len(effect.factors) == 1:
            return "One value for each class."
        return f"One value for each combination of {listed(list(effect.factors))} in the records."
    return _curve(effect) + (f", one for each level of {effect.within}." if effect.within else ".")


def _curve(basis: Legendre | Polynomial | BSpline) -> str:
    if isinstance(basis, Legendre):
        ends = f" from {basis.range[0]:g} to {basis.range[1]:g}" if basis.range else ""
        return (f"A curve over {basis.column}{ends}: Legendre polynomials up to degree "
                f"{basis.degree}")
    if isinstance(basis, BSpline):
        return f"A smooth curve over {basis.column}: B-splines of degree {basis.degree}"
    if basis.degree == 1:
        return f"A straight line over {basis.column}"
    return f"A curve over {basis.column}: powers up to degree {basis.degree}"


def _random(model: Model, effect: RandomEffect, relationships: Mapping[str, Any]) -> str:
    sentences = [_component(effect, name, part) for name, part in effect.parts.items()]
    traits = len(model.traits_of(effect))
    if (size := traits * _width(effect)) > 1:
        sentences.append(_structure(effect.covariance, size, f"These {_nouns(effect, traits)}"))
    settings = relationships.get(effect.relationship)
    kind = kind_of(effect.relationship, relationships)
    resemble = _RESEMBLE.get(kind, f"Levels resemble each other as '{effect.relationship}' says")
    if kind == "numerator":
        counted = not isinstance(settings, Mapping) or settings.get("inbreeding", True)
        resemble += "; inbreeding is counted" if counted else "; inbreeding is not counted"
    if isinstance(settings, Mapping) and settings.get("file"):
        resemble += f", from {settings['file']}"
    return " ".join([*sentences, resemble + "."])


def _width(effect: RandomEffect) -> int:
    """Coefficients of a level; 2 stands for several where classes are not known."""
    return sum(part.width or 2 for part in effect.parts.values())


def _nouns(effect: RandomEffect, traits: int) -> str:
    """What the values of one level are called."""
    parts = effect.parts.values()
    if any(part.basis is not None and not isinstance(part.basis, Classes) for part in parts):
        own = "coefficients"
    elif any(isinstance(part.basis, Classes) for part in parts):
        own = "values of the classes"
    else:
        own = "components" if len(parts) > 1 else "values"
    return own if traits == 1 else f"{own} for the traits"


def _component(effect: RandomEffect, name: str, part: Component) -> str:
    columns = listed(list(part.sources))
    subject = "" if name == effect.name else f"{name.capitalize()}: "
    if isinstance(part.basis, Classes):
        text = f"for each level of {columns} one value in each {part.basis.column}."
    elif part.basis is not None:
        curve = _curve(part.basis)
        text = (f"for each level of {columns} {curve[0].lower()}{curve[1:]}; every coefficient is "
                "a value of its own.")
    elif part.columns is not None:
        text = f"the sum of one value for each of {columns}."
    else:
        text = f"one value for each level of {columns}."
    return subject + text if subject else text[0].upper() + text[1:]
