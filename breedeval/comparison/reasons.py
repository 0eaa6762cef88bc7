"""Why breeding values moved: the reasons that the two folders show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Kind = Literal["data", "pedigree", "input", "records", "individuals", "model", "settings",
               "variances", "base", "status", "program", "unexplained"]

NEGLIGIBLE = 1e-6
"""Changes below this part of the spread of breeding values are the solver's last digits."""

NOT_A_REASON = ("title", "output", "solve.threads", "solve.memory_limit", "solve.start",
                "validation", "marker_effects", "selection", "trend")
"""Settings that move no breeding value."""

NOT_DATA = ("run file", "start of the solver")
"""Inputs whose changes are told setting by setting, or move nothing."""

MODEL = ("model", "relationships")


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its kind, and a sentence for a person."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Evidence:
    """The tables reasons are found in; see :class:`breedeval.comparison.compare.Comparison`."""

    agreement: pd.DataFrame
    by_records: pd.DataFrame
    variances: pd.DataFrame
    settings: pd.DataFrame
    inputs: pd.DataFrame
    summary: pd.DataFrame
    inbreeding_changed: int


def find_reasons(evidence: Evidence) -> tuple[Reason, ...]:
    """Every reason the evidence shows, from what was read to how it was solved.

    One of kind ``unexplained`` when breeding values moved and nothing that is kept tells why.
    """
    found = [*_inputs(evidence), *_individuals(evidence.agreement),
             *_records(evidence.by_records), *_settings(evidence.settings),
             *_variances(evidence.variances), *_base(evidence.agreement),
             *_summary(evidence.summary)]
    if not [reason for reason in found if reason.kind != "base"] and _moved(evidence.agreement):
        found.append(Reason("unexplained", (
            "Breeding values differ, but the inputs, the settings and the variances do not: the "
            "solutions differ by the solver's tolerance, or a file that is not recorded changed.")))
    return tuple(found)


def _inputs(evidence: Evidence) -> Iterator[Reason]:
    for row in _rows(evidence.inputs):
        if row.state != "same" and row.role not in NOT_DATA:
            kind: Kind = "data" if row.role == "records" else (
                "pedigree" if row.role == "pedigree" else "input")
            names = " → ".join(dict.fromkeys(
                str(name) for name in (row.path_old, row.path_new) if name is not None))
            what = {"changed": "changed", "only old": "was only read in the old run",
                    "only new": "was only read in the new run"}[row.state]
            yield Reason(kind, f"The input '{row.role}' {what} ({names}).")
    if evidence.inbreeding_changed:
        yield Reason("pedigree", f"The inbreeding of {evidence.inbreeding_changed:,} individuals "
                                 "changed: parents were added, removed or corrected.")


def _individuals(agreement: pd.DataFrame) -> Iterator[Reason]:
    for row in _rows(agreement[agreement["common"] == 0]):
        name = _name((row.effect, row.component, row.trait))
        where = "new" if row.only_new else "old"
        yield Reason("model", f"{name}: there are breeding values only in the {where} run.")
    counts = agreement[["effect", "common", "only_old", "only_new"]].drop_duplicates()
    for row in _rows(counts[counts["common"] > 0]):
        if row.only_old or row.only_new:
            yield Reason("individuals", (
                f"{row.effect}: individuals new {row.only_new:,}, no longer there "
                f"{row.only_old:,}, in both {row.common:,}."))


def _records(by_records: pd.DataFrame) -> Iterator[Reason]:
    """Individuals with more or fewer records, and how far they moved against the others."""
    for key, part in by_records.groupby(["effect", "component", "trait"], sort=False):
        moved = part.set_index("group")["moved"]
        for row in _rows(part[part["group"] != "same records"]):
            others = f", the others {moved['same records']:.3g}" if "same records" in moved else ""
            yield Reason("records", (
                f"{_name(key)}: individuals with {row.group} {row.individuals:,} "
                f"({row.records_change:+,}); they moved {row.moved:.3g} (root mean square){others}."
            ))


def _settings(settings: pd.DataFrame) -> Iterator[Reason]:
    for row in _rows(settings):
        top = row.path.split(".")[0]
        silent = any(row.path == path or row.path.startswith(f"{path}.") for path in NOT_A_REASON)
        if silent or top == "variances" or row.path in ("records.file", "pedigree.file"):
            continue
        kind: Kind = "model" if top in MODEL else "settings"
        yield Reason(kind, f"{row.path}: {_value(row.old)} → {_value(row.new)}.")


def _variances(variances: pd.DataFrame) -> Iterator[Reason]:
    same = np.isclose(variances["old"], variances["new"], rtol=1e-9, atol=0)
    for row in _rows(variances[~same]):
        one = ":".join(filter(None, dict.fromkeys([row.component_1, row.trait_1])))
        other = ":".join(filter(None, dict.fromkeys([row.component_2, row.trait_2])))
        pair = one if one == other else f"{one} × {other}"
        yield Reason("variances", f"Variance of {row.effect} ({pair}): "
                                  f"{_value(row.old)} → {_value(row.new)}.")


def _base(agreement: pd.DataFrame) -> Iterator[Reason]:
    """All moved by much the same amount: the mean change stands out from its spread."""
    for row in _rows(agreement):
        shift = abs(row.mean_change)
        if shift > NEGLIGIBLE * row.sd_old and shift > 2 * row.sd_change:
            key = (row.effect, row.component, row.trait)
            yield Reason("base", (
                f"{_name(key)}: all moved together by {row.mean_change:+.4g}, and only "
                f"{row.sd_change:.2g} apart: the base moved, the ranking hardly."))


def _summary(summary: pd.DataFrame) -> Iterator[Reason]:
    for row in _rows(summary):
        if row.quantity in ("status", "converged"):
            yield Reason("status", f"{row.quantity}: {_value(row.old)} → {_value(row.new)}.")
        elif row.quantity in ("version", "engine"):
            yield Reason("program", f"The {row.quantity} of the program changed: "
                                    f"{_value(row.old)} → {_value(row.new)}.")


def _moved(agreement: pd.DataFrame) -> bool:
    common = agreement[agreement["common"] > 0]
    return bool((common["largest_change"] > NEGLIGIBLE * common["sd_old"].fillna(0)).any())


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return iter(table.itertuples(index=False))


def _name(key: object) -> str:
    assert isinstance(key, tuple)
    return " ".join(dict.fromkeys(str(part) for part in key if part))


def _value(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
