"""A page for each selected sire: what is known of it on a sheet of paper."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from breedeval.evaluation.result import Evaluation
from breedeval.report import numbers
from breedeval.report.account import moment_of
from breedeval.report.candidates import of_phenotypes
from breedeval.report.page import fill
from breedeval.report.small_pictures import Course, course_picture
from breedeval.report.tables import Column, Sheet
from breedeval.report.views import View, attributes_of, sex_in_words, views_of

GENERATIONS = 3
"""Generations of ancestors that are drawn."""
BEST = 5
"""Progeny and mates that are named."""
REACH = 4.0
"""Genetic standard deviations to either side of the base that a bar can show."""
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Ancestor:
    """A box of the drawn pedigree.

    Parameters
    ----------
    name : str
        Empty where unknown.
    text : str
        Its index or breeding value.
    parents : tuple of Ancestor
        Sire and dam; empty in the last generation, and of the unknown.
    """

    name: str
    text: str
    parents: tuple[Ancestor, ...]


@dataclass(frozen=True)
class Value:
    """A breeding value as a bar against the base.

    Parameters
    ----------
    label, value, error, reliability, standing : str
    start, width : float
        Ends of the bar, in percent of its track; the base is at 50.
    share : float
        Reliability, 0 to 1; NaN where it is not known.
    """

    label: str
    value: str
    error: str
    reliability: str
    standing: str
    start: float
    width: float
    share: float


@dataclass(frozen=True, eq=False)
class Book:
    """What all pages of a run share.

    Parameters
    ----------
    evaluation : Evaluation
    views : list of View
    known : DataFrame
        The individuals of the pedigree.
    merit : Series
        Index of everybody (the first breeding value, where the index is one of phenotypes).
    merit_name : str
    progeny : mapping of str to index
        Of every parent.
    means : mapping of str to list of Series
        Of every view, by birth_year and by generation, where these are known.
    """

    evaluation: Evaluation
    views: list[View]
    known: pd.DataFrame
    merit: pd.Series
    merit_name: str
    progeny: Mapping[str, pd.Index]
    means: Mapping[str, list[pd.Series]]


def page_names(evaluation: Evaluation) -> dict[str, str]:
    """File of the page of every selected sire, by its identifier; of everybody without sexes."""
    table = evaluation.decisions.get("selection")
    if table is None:
        return {}
    chosen = table["selected"].to_numpy(np.bool_)
    if "all" not in evaluation.summary["selection"]["selected"]:
        chosen = chosen & (table["sex"] == "male").to_numpy()
    return {str(name): f"{rank:04d}_{_ODD.sub('_', str(name))[:60]}.html" for name, rank in zip(
        table["individual"][chosen], table["rank"][chosen], strict=True)}


def render_pages(
    evaluation: Evaluation, provenance: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """File names and pages, one after the other."""
    names = page_names(evaluation)
    if not names:
        return
    book = _book(evaluation)
    for row in evaluation.decisions["selection"].to_dict("records"):
        name = str(row["individual"])
        if name in names:
            yield names[name], fill("individual.html.j2", _context(book, row, provenance))


def _book(evaluation: Evaluation) -> Book:
    views, known = views_of(evaluation), attributes_of(evaluation)
    if "sex" in known:
        known = known.assign(sex=sex_in_words(known["sex"]))
    index = evaluation.decisions["index"]
    own = index[index["index"] == "index"].set_index("criterion")["coefficient"]
    selection = evaluation.decisions["selection"]
    merit, name = views[0].values["breeding_value"], views[0].label
    if not of_phenotypes(evaluation.settings):
        name = "index"
        merit = sum((b * view.values["breeding_value"] for key, b in own.items()
                     for view in views if str(key) in _aliases(view)),
                    pd.Series(0.0, index=views[0].values.index))
        candidates = selection.set_index(selection["individual"].astype(str))["index"]
        merit = candidates.reindex(merit.index).fillna(merit)
    parents = [known[column].dropna() for column in ("sire", "dam") if column in known]
    links = pd.concat(parents) if parents else pd.Series([], dtype="str")
    links = links[links.astype("str") != ""]
    progeny = {str(parent): rows.index for parent, rows in links.groupby(links.astype("str"))}
    means = {unit: [_means(view, known[unit]) for view in views]
             for unit in ("birth_year", "generation") if unit in known}
    return Book(evaluation, views, known, merit, name, progeny, means)


def _means(view: View, when: pd.Series) -> pd.Series:
    """Mean breeding value of those of one time."""
    time = np.floor(pd.to_numeric(when, errors="coerce")).reindex(view.values.index)
    return view.values["breeding_value"].groupby(time).mean().dropna()


def _aliases(view: View) -> tuple[str, ...]:
    """Names of the criterion that a view is, or is a part of."""
    return (f"{view.effect}:{view.component}:{view.trait}", f"{view.component}:{view.trait}",
            view.component, view.trait)


def _context(
    book: Book, row: Mapping[Hashable, Any], provenance: Mapping[str, Any]
) -> dict[str, Any]:
    name = str(row["individual"])
    return {
        "title": name, "lead": _lead(book, row), "when": moment_of(provenance),
        "run": book.evaluation.title or "Genetic evaluation",
        "figures": _figures(book, row), "values": list(_values(book, row)), "base": _base(book),
        "reliable": any(view.has_reliability for view in book.views),
        "tree": _ancestor(book, name, GENERATIONS), "merit": book.merit_name,
        "progeny": _progeny(book, name), "matings": _matings(book, name),
        **_courses(book, name),
    }


def _lead(book: Book, row: Mapping[Hashable, Any]) -> str:
    name, parts = str(row["individual"]), []
    if isinstance(row.get("sex"), str):
        parts.append(str(row["sex"]))
    born = _known(book, name, "birth_year")
    if isinstance(born, float) and np.isfinite(born):
        parts.append(f"born {int(born)}")
    sire, dam = (_parent(book, name, key) for key in ("sire", "dam"))
    if sire or dam:
        parts.append(f"by {sire or 'unknown'} out of {dam or 'unknown'}")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def _known(book: Book, name: str, key: str) -> object:
    """What the pedigree says of an individual; None where it says nothing."""
    return book.known[key].get(name) if key in book.known else None


def _parent(book: Book, name: str, key: str) -> str:
    found = _known(book, name, key)
    return found if isinstance(found, str) else ""


def _figures(book: Book, row: Mapping[Hashable, Any]) -> list[tuple[str, str]]:
    table = book.evaluation.decisions["selection"]
    decimals = numbers.decimals_for(table["index"].to_numpy(np.float64))
    found = [(numbers.fixed(row["index"], decimals), "index"),
             (f"{numbers.count(row['rank'])} of {numbers.count(len(table))}", "rank")]
    if "rank_in_sex" in row and pd.notna(row["rank_in_sex"]):
        found[-1] = (f"{numbers.count(row['rank_in_sex'])} of "
                     f"{numbers.count((table['sex'] == row['sex']).sum())}",
                     f"rank among {row['sex']}s")
    if pd.notna(row.get("reliability")):
        found.append((numbers.fixed(row["reliability"], 2), "reliability of the index"))
    if pd.notna(row.get("inbreeding")):
        found.append((numbers.percent(row["inbreeding"], 2), "inbreeding"))
    found.append((numbers.percent(row["contribution"], 2), "of the next generation's genes"))
    return found


def _base(book: Book) -> str:
    """What the middle of the bars is."""
    facts = book.evaluation.summary.get("trend") or {}
    if facts.get("base") and "relative" in book.evaluation.breeding_values:
        return ("the mean of those with "
                + numbers.listed([str(words) for words in facts["base"]]))
    return "the base of the evaluation, a breeding value of zero"


def _values(book: Book, row: Mapping[Hashable, Any]) -> Iterator[Value]:
    """Every breeding value, against the base and among the candidates of its sex."""
    name = str(row["individual"])
    selection = book.evaluation.decisions["selection"]
    peers = selection if "sex" not in selection else selection[selection["sex"] == row["sex"]]
    variances = book.evaluation.variances
    relative = _relative(book.evaluation)
    for view in book.views:
        if name not in view.values.index:
            continue
        all_values = view.column("breeding_value")
        bv, se, reliability = (float(view.values[key].to_numpy(np.float64)[
            view.values.index.get_loc(name)]) for key in ("breeding_value", "se", "reliability"))
        value = bv - relative.get((view.effect, view.component, view.trait), 0.0)
        deviation = _deviation(variances, view) or float(np.nanstd(all_values)) or 1.0
        place = float(np.clip(value / deviation, -REACH, REACH)) / REACH * 50.0
        decimals = numbers.decimals_for(all_values)
        others = view.values["breeding_value"].reindex(peers["individual"].astype(str))
        below = int(100 * (others < bv).mean())
        yield Value(
            view.label, ("+" if value > 0 else "") + numbers.fixed(value, decimals),
            numbers.fixed(se, decimals), numbers.fixed(reliability, 2), f"above {below} %",
            50.0 + min(place, 0.0), abs(place), reliability)


def _deviation(variances: pd.DataFrame, view: View) -> float | None:
    """Genetic standard deviation of a view."""
    own = variances[(variances["effect"] == view.effect)
                    & (variances["component_1"] == view.component)
                    & (variances["component_2"] == view.component)
                    & (variances["trait_1"] == view.trait)
                    & (variances["trait_2"] == view.trait)]["estimate"]
    return float(np.sqrt(own.iloc[0])) if len(own) and own.iloc[0] > 0 else None


def _relative(evaluation: Evaluation) -> dict[tuple[str, str, str], float]:
    """Mean of the base of every view, where the run names one."""
    table = evaluation.breeding_values
    if "relative" not in table:
        return {}
    found = table.assign(shift=table["breeding_value"] - table["relative"]).groupby(
        ["effect", "component", "trait"], sort=False)["shift"].mean().reset_index()
    return {(str(a), str(b), str(c)): float(shift) for a, b, c, shift in found.to_numpy(object)
            if np.isfinite(shift)}


def _ancestor(book: Book, name: str, left: int) -> Ancestor:
    """An individual and its ancestors, so many generations back."""
    if not name:
        return Ancestor("", "", ())
    decimals = numbers.decimals_for(book.merit.to_numpy(np.float64))
    text = numbers.fixed(float(book.merit.get(name, np.nan)), decimals)
    parents = [_ancestor(book, _parent(book, name, key), left - 1)
               for key in ("sire", "dam")] if left else []
    return Ancestor(name, text, tuple(parents))


def _progeny(book: Book, name: str) -> dict[str, Any] | None:
    """How many, how many with records, and how good they are."""
    rows = book.progeny.get(name)
    if rows is None:
        return None
    facts = [("Progeny", numbers.count(len(rows)))]
    if "sex" in book.known and book.known["sex"].reindex(rows).isin(["male", "female"]).any():
        sexes = book.known["sex"].reindex(rows)
        facts += [(label, numbers.count((sexes == sex).sum()))
                  for sex, label in (("male", "Sons"), ("female", "Daughters"))]
    recorded = book.views[0].values["records"].reindex(rows) > 0
    facts.append(("With records of their own", numbers.count(recorded.sum())))
    lines = []
    for view in book.views:
        own = view.values["breeding_value"].reindex(rows)
        decimals = numbers.decimals_for(view.column("breeding_value"))
        lines.append([view.label, *(numbers.fixed(value, decimals) for value in (
            own.mean(), own[recorded].mean(), own.std(), own.max()))])
    columns = [Column("Breeding value"), *(Column(label, "number") for label in (
        "Mean", "of those with records", "SD", "Highest"))]
    best = book.merit.reindex(rows).dropna().nlargest(BEST)
    decimals = numbers.decimals_for(book.merit.to_numpy(np.float64))
    return {"facts": facts, "sheet": Sheet("", columns, lines),
            "best": [f"{key} ({numbers.fixed(value, decimals)})" for key, value in best.items()]}


def _matings(book: Book, name: str) -> Sheet | None:
    """Planned matings; None without any."""
    table = book.evaluation.decisions.get("matings")
    if table is None:
        return None
    own = table[(table["male"].astype("str") == name) | (table["female"].astype("str") == name)]
    if own.empty:
        return None
    rows = []
    for row in own.to_dict("records"):
        mate = row["female"] if str(row["male"]) == name else row["male"]
        rows.append([str(mate), *([str(row["herd"])] if "herd" in own else []),
                     numbers.count(row["matings"]), numbers.percent(row["expected_inbreeding"], 2)])
    columns = [Column("Mate"), *([Column("Herd")] if "herd" in own else []),
               Column("Matings", "number"), Column("Inbreeding of progeny", "number")]
    return Sheet("", columns, rows)


def _courses(book: Book, name: str) -> dict[str, Any]:
    """The trend of every breeding value with the individual in it, and along what it goes.

    Against the base of the bars.
    """
    for unit in ("birth_year", "generation"):
        born = pd.to_numeric(pd.Series([_known(book, name, unit)]), errors="coerce").iloc[0]
        if np.isfinite(born):
            break
    else:
        return {"courses": [], "unit": ""}
    found: list[tuple[str, Markup]] = []
    relative = _relative(book.evaluation)
    for view, means in zip(book.views, book.means[unit], strict=True):
        if name not in view.values.index or len(means) < 2:
            continue
        base = relative.get((view.effect, view.component, view.trait), 0.0)
        value = float(view.values["breeding_value"].loc[[name]].iloc[0]) - base
        decimals = numbers.decimals_for(view.column("breeding_value"))
        found.append((view.label, course_picture(Course(
            means.index.to_numpy(np.float64), means.to_numpy(np.float64) - base,
            float(np.floor(born)), value, name, decimals))))
    return {"courses": found, "unit": unit.replace("_", " ")}
