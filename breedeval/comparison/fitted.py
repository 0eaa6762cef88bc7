"""A model as it was fitted: its words, what its relationships rest on, and its likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from breedeval.comparison.results import Results
from breedeval.model.spec import Model
from breedeval.relationship.kind import RelationshipKind
from breedeval.relationship.settings import RelationshipSettings, kind_of_relationship

_RELATIONSHIPS: TypeAdapter[dict[str, RelationshipSettings]] = TypeAdapter(
    dict[str, RelationshipSettings])

_PEDIGREE_ASIDE = ("file", "prune")
"""Keys of ``pedigree`` that do not change relationships; the file's hash stands for it."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """One evaluation, as far as its likelihood is concerned.

    Parameters
    ----------
    label : str
        The results folder.
    model : Model
    relationships : mapping of str to object
        For each random effect, what is equal where relationships are.
    likelihood : str
        reml or ml.
    log_likelihood : float or None
    aic, bic : float or None
    fixed_rank : int
        Rank of X.
    parameters : int
        Variance parameters estimated; 0 where they were given.
    estimated : bool
    converged : bool
    statuses : mapping of str to str
        How each variance parameter was come by.
    held : mapping of str to float
        Those that were fixed, at their values.
    ties : tuple of frozenset of str
        Effects or parameters kept equal.
    bounds : mapping of str to list of float
    records, observations : str or None
        Hashes of the file of records and of what was observed.
    groups : tuple of str
        Unknown-parent groups, which are fixed effects.
    """

    label: str
    model: Model
    relationships: Mapping[str, object]
    likelihood: str
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    fixed_rank: int
    parameters: int
    estimated: bool
    converged: bool
    statuses: Mapping[str, str]
    held: Mapping[str, float]
    ties: tuple[frozenset[str], ...]
    bounds: Mapping[str, list[float]]
    records: str | None
    observations: str | None
    groups: tuple[str, ...]


def fitted(results: Results, settings: Mapping[str, Any]) -> Fitted | None:
    """The model of a results folder; None where this version cannot read its words.

    Parameters
    ----------
    results : Results
    settings : mapping
        Its run file as plain values.
    """
    try:
        model = Model.model_validate(settings["model"])
        described = _RELATIONSHIPS.validate_python(settings.get("relationships", {}))
        kinds = {effect.name: kind_of_relationship(effect.relationship, described)
                 for effect in model.random}
    except (KeyError, ValidationError):
        return None
    summary, asked = results.summary, _asked(settings)
    parameters = (summary.get("estimation") or {}).get("parameters", [])
    hashes = {entry["role"]: entry["sha256"] for entry in results.provenance.get("inputs", [])}
    pedigree = (hashes.get("pedigree"), _without(settings.get("pedigree") or {}, _PEDIGREE_ASIDE))
    return Fitted(
        label=results.label, model=model,
        relationships={
            effect.name: _foundation(
                kinds[effect.name], pedigree, hashes.get("genotypes"),
                [hashes[role] for role in sorted(hashes)
                 if role.split(": ")[0] == f"relationship {effect.relationship}"])
            for effect in model.random},
        likelihood=str(summary.get("likelihood", "reml")),
        log_likelihood=summary.get("log_likelihood"), aic=summary.get("aic"),
        bic=summary.get("bic"), fixed_rank=int(summary.get("fixed_rank") or 0),
        parameters=int(summary.get("variance_parameters") or 0),
        estimated=asked is not None, converged=bool(summary.get("converged")),
        statuses={row["parameter"]: row["status"] for row in parameters},
        held={row["parameter"]: row["estimate"] for row in parameters
              if row["status"] == "fixed"},
        ties=tuple(frozenset(words) for words in (asked or {}).get("tie", [])),
        bounds=(asked or {}).get("bound", {}), records=hashes.get("records"),
        observations=summary.get("observations_sha256"),
        groups=tuple((summary.get("pedigree") or {}).get("groups", ())))


def _asked(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What is asked of the estimation; None where variances were given."""
    found = settings.get("variances")
    if isinstance(found, str):
        return {}
    return found if isinstance(found, Mapping) and "method" in found else None


def _foundation(
    kind: RelationshipKind, pedigree: object, genotypes: object, files: list[str]
) -> object:
    """Options without paths, and the hashes of the files that stand for them."""
    options = {name: value for name, value in kind.model_dump().items()
               if not isinstance(value, Path)}
    return (options, pedigree if kind.needs_pedigree else None,
            genotypes if kind.needs_genotypes else None, files)


def _without(values: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}
