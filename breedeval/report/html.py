"""The page of a run: what was done, on what, and what came out, for a person to read and print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.model.spec import Model
from breedeval.report import numbers, plots, tables
from breedeval.report.account import account_of, moment_of
from breedeval.report.contribution_section import contribution_section
from breedeval.report.drawing import Picture
from breedeval.report.genotype_section import genotype_section
from breedeval.report.marker_section import marker_section
from breedeval.report.mating_section import mating_section
from breedeval.report.page import fill
from breedeval.report.ranking import ranking_of
from breedeval.report.relationship_section import relationship_section
from breedeval.report.residual_section import residual_section
from breedeval.report.selection_section import selection_section
from breedeval.report.symbols import formulas
from breedeval.report.trend_section import trend_section
from breedeval.report.validation_section import validation_section
from breedeval.report.variance_section import fixed_tests_sheet, variance_section
from breedeval.report.views import View, attributes_of, views_of
from breedeval.report.words import ModelWords, model_in_words

PICTURED = 6        # so many views, and traits with residuals, get pictures of their own
HERITABLE = 3       # heritabilities at the head of the page
ITERATION = "conjugate gradients"

_ENGINES = {
    "supernodal": "sparse Cholesky factorisation (supernodal)",
    "CHOLMOD": "sparse Cholesky factorisation (CHOLMOD)",
    "SuperLU": "sparse LU factorisation (SuperLU)",
    "covariance": "Cholesky factorisation of the covariance matrix of the records",
    "spectral": "Cholesky factorisation of the covariance matrix of the records, "
                "estimated with the relationship turned to a band",
    ITERATION: "preconditioned conjugate gradients (iteration)",
}
_PEDIGREE = {
    "individuals": "Individuals", "founders": "Founders (both parents unknown)",
    "added_founders": "Parents without a line of their own, added as founders",
    "groups": "Unknown-parent groups", "max_generation": "Generations",
    "equivalent_generations": "Equivalent complete generations (mean)",
    "inbred": "Inbred individuals", "mean_inbreeding": "Mean inbreeding",
    "max_inbreeding": "Highest inbreeding",
}
_RUN = {
    "status": "Status", "engine": "Solved by",
    "engine_reason": "Why so", "equations": "Equations", "fixed_rank": "Rank of the fixed part",
    "iterations": "Iterations", "relative_residual": "Relative residual",
    "likelihood": "Likelihood", "log_likelihood": "Log-likelihood",
    "log_likelihood_without_constant": "Log-likelihood without (n − p) log 2π",
    "variance_parameters": "Variance parameters", "aic": "AIC", "bic": "BIC",
    "seconds": "Time", "peak_memory_mb": "Memory at most",
}
_ELSEWHERE = {"observations_sha256", "warnings", "records", "individuals", "rows", "converged"}


def render(
    evaluation: Evaluation, provenance: Mapping[str, Any], log_lines: Iterable[str] = ()
) -> str:
    """The report of a run as one page of HTML.

    Parameters
    ----------
    evaluation : Evaluation
        The result; what it does not hold is left out of the page.
    provenance : mapping
        The values of provenance.json.
    log_lines : iterable of str
        The log of the run.

    Returns
    -------
    str
        A page that needs no network. About 0.2 MB, and 15 to 25 bytes an individual × view.
    """
    views = views_of(evaluation)
    attributes = attributes_of(evaluation)
    context = {
        "title": evaluation.title or "Genetic evaluation",
        "lead": _lead(evaluation, views, provenance),
        "notices": _notices(evaluation, views),
        "figures": _figures(evaluation, views),
        "warnings": [str(line) for line in evaluation.summary.get("warnings") or ()],
        **selection_section(evaluation),
        **contribution_section(evaluation),
        **mating_section(evaluation),
        **trend_section(evaluation),
        "ranking": ranking_of(views, attributes),
        "views": views,
        "base": _base(evaluation, views),
        "pictures": _pictures(views, attributes),
        "not_pictured": max(len(views) - PICTURED, 0),
        **_model(evaluation),
        **variance_section(evaluation),
        **_effects(evaluation, views),
        "residuals": residual_section(evaluation, PICTURED),
        **validation_section(evaluation),
        **marker_section(evaluation),
        **_data(evaluation),
        "run": _run(evaluation.summary),
        "account": account_of({**provenance, "forecast": evaluation.summary.get("forecast")}),
        "log": "\n".join(str(line).rstrip("\n") for line in log_lines),
    }
    return fill("report.html.j2", context)


def _lead(evaluation: Evaluation, views: list[View], provenance: Mapping[str, Any]) -> str:
    traits = list(dict.fromkeys(view.trait for view in views)) or [
        str(trait) for trait in evaluation.settings.get("model", {}).get("traits", [])]
    text = f"Breeding values for {numbers.listed(traits)}" if traits else "Genetic evaluation"
    if views:
        text += f" of {numbers.counted(_number(evaluation, views), 'individual')}"
    if "records" in evaluation.summary:
        text += f" from {numbers.counted(int(evaluation.summary['records']), 'record')}"
    when = moment_of(provenance)
    return text + (f", computed on {when}." if when else ".")


def _number(evaluation: Evaluation, views: list[View]) -> int:
    return int(evaluation.summary.get("individuals") or len(views[0].values))


def _notices(evaluation: Evaluation, views: list[View]) -> list[tuple[str, str]]:
    """What the reader must know first: (kind, sentence)."""
    summary, notices = evaluation.summary, []
    estimation = summary.get("estimation") or {}
    if estimation.get("converged") is False:
        notices.append(("bad", "The estimation of the variances did not converge: these numbers "
                               "are where it stopped. Do not rely on them."))
    elif summary.get("converged") is False:
        notices.append(("bad", "The solution did not converge: these numbers are where the run "
                               "stopped, and may still change. Do not select on them."))
    elif summary.get("status") == "not determined":
        notices.append(("bad", "The data do not determine all variances: some of these numbers "
                               "could as well be others. What the data lack is said under the "
                               "variances."))
    elif str(summary.get("status", "done")) != "done":
        notices.append(("bad", f"The run ended with the status “{summary['status']}”."))
    notices += [("bad", f"Not decided: {words}") for words in summary.get("undecided") or ()]
    if views and not any(view.has_reliability for view in views):
        notices.append(("note", _why_no_reliability(evaluation)))
    return notices


def _why_no_reliability(evaluation: Evaluation) -> str:
    solve = evaluation.settings.get("solve") or {}
    if solve.get("reliability") == "none":
        return ("Reliabilities and standard errors were not asked for in this run "
                "(solve: reliability: none).")
    if evaluation.summary.get("engine") == ITERATION:
        return ("There are no reliabilities or standard errors: the equations were solved by "
                "iteration, which gives the breeding values alone. A run with "
                "“solve: method: cholesky” gives both, with more memory.")
    return "There are no reliabilities or standard errors: they were not computed in this run."


def _figures(evaluation: Evaluation, views: list[View]) -> list[tuple[str, str]]:
    """The few numbers at the head of the page: (value, what it is)."""
    figures = []
    if views:
        figures.append((numbers.count(_number(evaluation, views)), "individuals evaluated"))
    if "records" in evaluation.summary:
        figures.append((numbers.count(evaluation.summary["records"]), "records"))
    parameters = evaluation.genetic_parameters
    heritable = parameters[parameters["parameter"].astype("str").str.contains("heritability")]
    names = tables.parameter_names(heritable)
    for name, row in list(zip(names, heritable.to_dict("records"), strict=True))[:HERITABLE]:
        figures.append((numbers.fixed(row["estimate"], 2), name[:1].lower() + name[1:]))
    if views and views[0].has_reliability:
        mean = float(np.nanmean(views[0].column("reliability")))
        if mean >= 0.0:     # with poorly estimated groups it is not, and says nothing
            figures.append((numbers.fixed(mean, 2), "mean reliability"))
    if views and np.isfinite(views[0].column("inbreeding")).any():
        mean = float(np.nanmean(views[0].column("inbreeding")))
        figures.append((numbers.significant(100.0 * mean, 2) + " %", "mean inbreeding"))
    return figures


def _base(evaluation: Evaluation, views: list[View]) -> str:
    """What a breeding value of zero means here."""
    if not views:
        return ""
    groups = (evaluation.summary.get("pedigree") or {}).get("groups")
    if groups:
        base = ("the zero point is the one that the unknown-parent groups share; differences "
                "between individuals are what counts")
    elif evaluation.individuals.empty:
        base = "zero is the average that the relationship matrix takes as its base"
    else:
        base = ("zero is the average genetic level of the founders, the individuals of the "
                "pedigree whose parents are both unknown")
    return (f"A breeding value is an estimate of what an individual's genes add to its own trait, "
            f"in the unit of the trait; progeny receive half of it on average. It is a deviation: "
            f"{base}. The mean of all individuals here is {numbers.listed(_means(views))}. "
            "Whether more is better depends on the trait."
            f"{_components(views)}")


def _means(views: list[View]) -> list[str]:
    """Mean breeding value of the first views, in words."""
    found = []
    for view in views[:HERITABLE]:
        values = view.column("breeding_value")
        mean = numbers.fixed(float(np.nanmean(values)), numbers.decimals_for(values))
        found.append(f"{mean} for {view.label}")
    return found


def _components(views: list[View]) -> str:
    """What the components are, where there are several."""
    names = [view.component for view in views if view.effect == views[0].effect]
    if len(set(names)) == 1:
        return ""
    if any("[" in name for name in names):
        return (f" Names such as {names[0]} are coefficients of a curve; the value at one point "
                "of the curve is their sum, each times its function there.")
    return (f" The components {numbers.listed(list(dict.fromkeys(names)))} act on a record through "
            "the individual that stands in that role.")


def _pictures(
    views: list[View], attributes: pd.DataFrame
) -> list[tuple[str, list[Picture]]]:
    groups = []
    for place, view in enumerate(views[:PICTURED]):
        when, unit = _time(view, attributes)
        name, values = f"v{place}", view.column("breeding_value")
        drawn = [plots.distribution(values, view.label, name),
                 plots.genetic_trend(values, when, unit, view.label, name),
                 plots.reliability_by_records(
                     np.clip(view.column("reliability"), 0.0, 1.0), view.column("records"), name)]
        if place == 0:
            drawn.append(plots.inbreeding_trend(view.column("inbreeding"), when, unit, name))
        groups.append((view.label, [picture for picture in drawn if picture is not None]))
    return groups


def _time(view: View, attributes: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Birth year where most have one, else generation."""
    known = attributes.reindex(view.values.index)
    for column, unit in (("birth_year", "birth year"), ("generation", "generation")):
        if column in known:
            when = pd.to_numeric(known[column], errors="coerce").to_numpy(
                np.float64, na_value=np.nan)
            if np.isfinite(when).mean() > 0.2 or column == "generation":
                return when, unit
    return np.full(len(view.values), np.nan), "birth year"


def _model(evaluation: Evaluation) -> dict[str, Any]:
    words: ModelWords | None = None
    lines: list[Any] = []
    if evaluation.settings.get("model"):
        model = Model.model_validate(evaluation.settings["model"])
        relationships = evaluation.settings.get("relationships") or {}
        words = model_in_words(model, relationships)
        lines = formulas(model, relationships, tables.without_rounding(evaluation.variances))
    return {"words": words, "formulas": lines}


def _effects(evaluation: Evaluation, views: list[View]) -> dict[str, Any]:
    ranked = {view.effect for view in views}
    return {
        "tests": fixed_tests_sheet(evaluation.fixed_tests),
        "fixed_effects": tables.fixed_sheets(evaluation.solutions),
        "other_effects": tables.random_sheet(evaluation.solutions, ranked),
        "dependencies": [str(line) for line in evaluation.summary.get("rank") or ()],
    }


def _data(evaluation: Evaluation) -> dict[str, Any]:
    settings, summary = evaluation.settings, evaluation.summary
    sources = [(label, PurePath(str(settings[key]["file"])).name)
               for key, label in (("records", "Records"), ("pedigree", "Pedigree"),
                                  ("genotypes", "Genotypes"))
               if (settings.get(key) or {}).get("file")]
    traits = summary.get("trait_summary") or {}
    pedigree = summary.get("pedigree") or {}
    return {
        "sources": sources,
        "traits": tables.trait_sheet(traits) if traits else None,
        "pedigree": tables.facts_of(pedigree, _PEDIGREE),
        "genotypes": genotype_section(evaluation),
        "relationships": relationship_section(evaluation),
    }


def _run(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    plain: dict[str, Any] = {key: value for key, value in summary.items() if key not in _ELSEWHERE}
    if plain.get("likelihood") is not None:
        plain["likelihood"] = str(plain["likelihood"]).upper()
    if "engine" in plain:
        plain["engine"] = _ENGINES.get(str(plain["engine"]), str(plain["engine"]))
    if plain.get("seconds") is not None:
        plain["seconds"] = numbers.duration(float(plain.get("seconds", 0.0)))
    if plain.get("peak_memory_mb") is not None:
        plain["peak_memory_mb"] = numbers.memory(float(plain["peak_memory_mb"]))
    return tables.facts_of(plain, _RUN)


