"""The model in words: what a record is made of, and how the individuals resemble each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from breedeval.model.spec import Component, Model, RandomEffect
from breedeval.model.terms import (
    BSpline,
    ClassEffect,
    Classes,
    FixedEffect,
    Legendre,
    Polynomial,
)
from breedeval.report.numbers import listed

_KINDS = {"pedigree": "numerator"}
_RESEMBLE = {
    "identity": "Levels are independent of each other",
    "numerator": "Individuals resemble each other as the pedigree says (numerator relationship, A)",
    "genomic": "Individuals resemble each other as their genotypes say (genomic relationship, G)",
    "single_step": "Individuals resemble each other as pedigree and genotypes together say (H)",
    "dominance": "Individuals resemble each other in their pairs of alleles (dominance, D; exact "
                 "where nobody is inbred)",
    "epistasis": "Individuals resemble each other in interactions between genes (products of A "
                 "and D, element by element; exact where nobody is inbred)",
    "supplied": "Individuals resemble each other as the supplied matrix says",
}
_MATRICES = {"identity": "I", "numerator": "A", "genomic": "G", "single_step": "H",
             "dominance": "D", "supplied": "K"}


@dataclass(frozen=True)
class Term:
    """One part of the model: its name and what it stands for."""

    name: str
    text: str


@dataclass(frozen=True)
class ModelWords:
    """The model in sentences.

    Parameters
    ----------
    record : str
        What a record is the sum of.
    fixed, random : tuple of Term
        One entry an effect.
    residual : str
        What is left over.
    """

    record: str
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
    fixed = tuple(Term(fixed_name(effect), _fixed(effect)) for effect in model.fixed)
    random = tuple(Term(effect.name, _random(effect, relationships)) for effect in model.random)
    parts = ["an overall mean"] if model.intercept else []
    parts += [term.name for term in (*fixed, *random)] + ["what is left over (the residual)"]
    record = f"Each record of {listed(list(model.trait_names))} is taken as the sum of {listed(parts)}."
    residual = "Differences that no other part explains, independent from record to record."
    if model.weights:
        residual += (f" Their variance is divided by {model.weights}: a record with a larger "
                     "weight counts for more.")
    return ModelWords(record, fixed, random, residual)


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


def _random(effect: RandomEffect, relationships: Mapping[str, Any]) -> str:
    sentences = [_component(effect, name, part) for name, part in effect.parts.items()]
    if len(sentences) > 1:
        sentences.append("These components may be correlated.")
    settings = relationships.get(effect.relationship)
    kind = kind_of(effect.relationship, relationships)
    resemble = _RESEMBLE.get(kind, f"Levels resemble each other as '{effect.relationship}' says")
    if kind == "numerator":
        counted = not isinstance(settings, Mapping) or settings.get("inbreeding", True)
        resemble += "; inbreeding is counted" if counted else "; inbreeding is not counted"
    if isinstance(settings, Mapping) and settings.get("file"):
        resemble += f", from {settings['file']}"
    return " ".join([*sentences, resemble + "."])


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
