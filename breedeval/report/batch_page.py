"""The page of a batch: the state of every run, key figures, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from breedeval.report import numbers
from breedeval.report.page import fill
from breedeval.report.tables import Column, Sheet

_BAD = ("failed", "refused", "bug", "skipped", "stopped")
_UNSURE = ("not converged", "not determined")
_MOVED = "limits not kept"
_WORDS = {
    "done": "done", "up to date": "up to date", "not converged": "not converged",
    "not determined": "not determined", "failed": "wrong input", "refused": "beyond a limit",
    "bug": "error of breedeval", "skipped": "skipped", "stopped": "stopped",
    _MOVED: _MOVED, "waiting": "waiting", "queued": "running or waiting",
}
_ORDER = ("done", "up to date", _MOVED, *_UNSURE, *_BAD, "queued", "waiting")
_EXIT = {
    0: "all runs are done", 1: "the input of a run is wrong",
    3: "a run did not converge, or the data do not determine its variances",
    4: "a run is beyond a limit, or moved more than it may", 70: "an error of breedeval itself"}
NOTHING = 1e-6
"""Part of a standard deviation that is the solver's last digits."""
MOVED = 0.99
"""Correlations with the values of last time below this are pointed out."""


@dataclass(frozen=True)
class Row:
    """A run as a line of the page.

    Parameters
    ----------
    name, link : str
        The link is empty where there is no report.
    state, kind : str
        In words; kind is ``good``, ``same``, ``unsure`` or ``bad``.
    why, message : str
    cells : tuple of str
        Time, memory, forecast, engine, records, individuals.
    bar : tuple of float or None
        Where its time begins and how long it is, as percentages of that of the batch.
    """

    name: str
    link: str
    state: str
    kind: str
    why: str
    message: str
    cells: tuple[str, ...]
    bar: tuple[float, float] | None


def render_batch(account: Mapping[str, Any]) -> str:
    """The summary of a batch as one page of HTML.

    Parameters
    ----------
    account : mapping
        The values of summary.json, without NaN.
    """
    runs: list[Mapping[str, Any]] = list(account["runs"])
    span = _span(runs)
    changed = [(run["name"], run["changes"]) for run in runs if run["changes"]]
    context = {
        "title": account["title"] or f"Batch {PurePath(str(account['plan'])).stem}",
        "lead": _lead(account, runs), "notices": _notices(account, runs),
        "figures": _figures(account, runs, span),
        "rows": [_row(run, span) for run in runs],
        "heritabilities": _heritabilities(runs),
        "agreement": _agreement(changed), "reasons": _reasons(changed),
        "moved": _moved(changed), "facts": _facts(account),
    }
    return fill("batch.html.j2", context)


def _lead(account: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    counts = account["counts"]
    states = [f"{counts[state]} {_WORDS[state]}" for state in _ORDER if counts.get(state)]
    return (f"{numbers.counted(len(runs), 'run')} of {PurePath(str(account['plan'])).name}: "
            f"{numbers.listed(states)}; {numbers.moment(str(account['ended'] or ''))}.")


def _notices(
    account: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    notices = []
    if account["state"] == "stopped":
        notices.append(("bad", "The batch was stopped before it was done. The same command goes on "
                               "with what is left."))
    failed = [run["name"] for run in runs if run["state"] in _BAD and run["state"] != "stopped"]
    if failed:
        notices.append(("bad", f"There are no new results of {numbers.listed(failed)}."))
    moved = [run["name"] for run in runs if run["state"] == _MOVED]
    if moved:
        notices.append(("bad", f"The breeding values of {numbers.listed(moved)} moved more than "
                               "the limits of the plan allow."))
    unsure = [run["name"] for run in runs if run["status"] in _UNSURE and run["state"] not in _BAD]
    if unsure:
        notices.append(("bad", f"Do not rely on the results of {numbers.listed(unsure)}: they are "
                               "not converged, or not determined by the data."))
    return notices


def _figures(
    account: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], span: tuple[float, float]
) -> list[tuple[str, str]]:
    counts = account["counts"]
    ran = sum(counts.get(state, 0) for state in ("done", _MOVED, *_UNSURE))
    found = [(numbers.count(ran), "runs done"),
             (numbers.count(counts.get("up to date", 0)), "up to date")]
    bad = sum(counts.get(state, 0) for state in _BAD)
    if bad:
        found.append((numbers.count(bad), "without new results"))
    if span[1] > 0:
        found.append((numbers.duration(span[1]), "from first to last"))
    peaks = [run["figures"].get("peak_memory_mb") or 0.0 for run in runs
             if run["state"] in ("done", _MOVED, *_UNSURE)]
    if peaks:
        found.append((numbers.memory(max(peaks)), "memory of the largest run"))
    return found


def _row(run: Mapping[str, Any], span: tuple[float, float]) -> Row:
    figures, state = run["figures"], str(run["state"])
    kind = "bad" if state in (*_BAD, _MOVED) else "unsure" if run["status"] in _UNSURE else (
        "same" if state == "up to date" else "good")
    forecast = run["forecast_memory_bytes"]
    cells = (
        _known(figures.get("seconds"), numbers.duration),
        _known(figures.get("peak_memory_mb"), numbers.memory),
        _known(forecast, lambda size: numbers.memory(size / 1e6)),
        str(figures.get("engine") or ""), _known(figures.get("iterations"), numbers.count),
        _known(figures.get("records"), numbers.count),
        _known(figures.get("individuals"), numbers.count))
    return Row(run["name"], f"{run['directory']}/report.html" if figures else "",
               _WORDS[state], kind, "; ".join(run["why"]), run["message"], cells, _bar(run, span))


def _known(value: Any, words: Any) -> str:
    return "" if value is None else str(words(value))


def _span(runs: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """When the first run began, and seconds to the end of the last."""
    times = [(_seconds(run["started"]), _seconds(run["ended"])) for run in runs
             if run["started"] and run["ended"]]
    if not times:
        return 0.0, 0.0
    begin = min(start for start, _ in times)
    return begin, max(end for _, end in times) - begin


def _bar(run: Mapping[str, Any], span: tuple[float, float]) -> tuple[float, float] | None:
    if not (run["started"] and run["ended"]) or span[1] <= 0:
        return None
    begin = 100.0 * (_seconds(run["started"]) - span[0]) / span[1]
    end = 100.0 * (_seconds(run["ended"]) - span[0]) / span[1]
    return round(min(begin, 98.5), 2), round(max(end - begin, 1.5), 2)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _heritabilities(runs: Sequence[Mapping[str, Any]]) -> Sheet | None:
    rows = [[run["name"], str(one["parameter"]).replace("_", " "), str(one["effect"]),
             str(one["trait_1"]), numbers.with_error(one["estimate"], one["se"]),
             numbers.error_text(one["se"])]
            for run in runs for one in run["figures"].get("heritabilities") or ()]
    if not rows:
        return None
    return Sheet("", [Column("Run"), Column("Parameter"), Column("Effect"), Column("Trait"),
                      Column("Value", "number"), Column("SE", "number")], rows)


def _agreement(changed: Sequence[tuple[str, Mapping[str, Any]]]) -> Sheet | None:
    rows = [[name, _value_of(one), numbers.count(one["common"]), numbers.count(one["only_new"]),
             numbers.count(one["only_old"]), numbers.fixed(one["correlation"], 4),
             numbers.fixed(one["rank_correlation"], 4), _change(one, "mean_change"),
             _change(one, "largest_change"), numbers.significant(one["sd_old"], 3)]
            for name, changes in changed for one in changes.get("agreement", ())]
    if not rows:
        return None
    return Sheet("", [Column("Run"), Column("Breeding value"), Column("In both", "number"),
                      Column("New", "number"), Column("Gone", "number"),
                      Column("Correlation", "number"), Column("Of ranks", "number"),
                      Column("Mean change", "number"), Column("Largest change", "number"),
                      Column("Standard deviation", "number")], rows)


def _change(one: Mapping[str, Any], name: str) -> str:
    """A change; those in the last digits of a solver are none."""
    change, spread = one[name], one["sd_old"]
    none = change is not None and spread and abs(change) < NOTHING * spread
    return numbers.significant(0.0 if none else change, 3)


def _value_of(one: Mapping[str, Any]) -> str:
    names = [one["effect"], *([one["component"]] if one["component"] != one["effect"] else []),
             one["trait"]]
    return " · ".join(str(name) for name in names)


def _moved(changed: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Breeding values that are not what they were."""
    return [f"{name}: {_value_of(one)}, correlation {numbers.fixed(one['correlation'], 3)}"
            for name, changes in changed for one in changes.get("agreement", ())
            if one["correlation"] is not None and one["correlation"] < MOVED]


def _reasons(changed: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, list[str]]]:
    found = []
    for name, changes in changed:
        lines = list(changes.get("reasons", ()))
        if changes.get("more_reasons"):
            lines.append(f"… and {changes['more_reasons']} more: breedeval compare previous/{name} "
                         f"{name}")
        if "not_compared" in changes:
            lines = [f"Not compared: {changes['not_compared']}"]
        found.append((name, lines or ["Nothing changed."]))
    return found


def _facts(account: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Plan", str(account["plan"])),
        ("Exit code", f"{account['exit_code']}: {_EXIT[account['exit_code']]}"),
        ("Runs at the same time", str(account["jobs"])),
        ("Memory for all of them", numbers.memory(account["memory_limit_bytes"] / 1e6)),
        ("Begun", numbers.moment(str(account["started"]))),
        ("Ended", numbers.moment(str(account["ended"] or ""))),
    ]
