"""A comparison of two evaluations for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from breedeval.comparison import Comparison, LikelihoodTest, Verdict
from breedeval.comparison.results import TRAIT_KEY
from breedeval.comparison.sources import CHANGES
from breedeval.report.explanation_text import SOURCES
from breedeval.report.numbers import MISSING, count, decimals_for, fixed, percent, significant

SAME = 1e-4
"""2ΔL below which two likelihoods are the same but for where their maximisation stopped."""

_Show = Callable[[Any], str]


def render_comparison(comparison: Comparison) -> Group:
    """What moved between two evaluations, and why, as rich tables.

    Parameters
    ----------
    comparison : Comparison
    """
    parts: list[RenderableType] = [f"old  {escape(comparison.old)}\nnew  {escape(comparison.new)}",
                                   "", *_verdict(comparison.verdict), *_why(comparison), "",
                                   *_likelihood(comparison.likelihood),
                                   _agreement(comparison.agreement)]
    if len(comparison.by_group):
        parts += [_by_group(column, table)
                  for column, table in comparison.by_group.groupby("column", sort=False)]
    if len(comparison.by_source):
        parts.append(_by_source("What moved them all", comparison.by_source))
    if len(comparison.by_records):
        parts.append(_by_records("Individuals by their records", comparison.by_records))
    for _, table in comparison.moved_most.groupby(TRAIT_KEY, sort=False):
        parts.append(_moved_most("Individuals that moved most", table))
        if table[list(CHANGES)].notna().any(axis=None):
            parts.append(_reasons_of_each("and why", table))
    for title, table, build in (
            ("Variances", _changed(comparison.variances), _variances),
            ("Genetic parameters", comparison.genetic_parameters, _parameters),
            ("Fixed effects", _changed_fixed(comparison.fixed_effects), _fixed_effects),
            ("Settings", comparison.settings, _pairs),
            ("Inputs", comparison.inputs, _inputs),
            ("Summary", comparison.summary, _pairs)):
        if len(table):
            parts.append(build(title, table))
    return Group(*parts)


def comparison_text(comparison: Comparison, *, width: int = 100) -> str:
    """The same as plain text without colours.

    Parameters
    ----------
    comparison : Comparison
    width : int
        Characters in a line.
    """
    out = StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False)
    console.print(render_comparison(comparison))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _why(comparison: Comparison) -> list[RenderableType]:
    if not comparison.reasons:
        return ["[bold]Nothing differs.[/bold]"]
    lines = Table.grid(padding=(0, 1))
    for reason in comparison.reasons:
        lines.add_row(" •", escape(str(reason)))
    return ["[bold]Why breeding values moved[/bold]", lines]


def _likelihood(test: LikelihoodTest) -> list[RenderableType]:
    """The test of one model against the other, or why there is none, as a list."""
    if test.relation == "given" or (test.relation == "same model" and not _moved(test)):
        return []
    lines = Table.grid(padding=(0, 1))
    for line in _likelihood_lines(test):
        lines.add_row(" •", escape(line))
    return ["[bold]What the likelihoods say[/bold]", lines, ""]


def _moved(test: LikelihoodTest) -> bool:
    return abs(test.statistic or 0.0) > SAME


def _likelihood_lines(test: LikelihoodTest) -> Iterator[str]:
    heads = {"not comparable": "They cannot be compared. ", "not nested": "The models are not "
             "nested, so there is no test: compare AIC and BIC. "}
    if test.relation == "nested":
        yield f"{test.larger} has what {test.smaller} has not: {'; '.join(test.freed)}."
        freedom = test.degrees_of_freedom
        p_value = "p not known" if test.p_value is None else f"p = {test.p_value:.3g}"
        alone = "" if test.p_value == test.p_value_chi2 else (
            f" (by χ² alone {test.p_value_chi2:.3g})")
        yield (f"Likelihood ratio 2ΔL = {significant(test.statistic)}, degrees of freedom "
               f"{freedom}; distribution {test.distribution}: {p_value}{alone}.")
        yield from test.notes
    else:
        moved = f" 2ΔL = {significant(test.statistic)}." if _moved(test) else ""
        yield f"{heads.get(test.relation, '')}{test.why}{moved}"
    changes = {"AIC": test.aic_change, "BIC": test.bic_change}
    known = [f"{name} {significant(value)}" for name, value in changes.items() if value is not None]
    if known:
        yield f"Change from old to new (less is better): {', '.join(known)}."


def _agreement(agreement: pd.DataFrame) -> Table:
    """One column an effect, one line a figure: it stays readable with many figures."""
    table = Table(title="Breeding values", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for row in agreement.itertuples(index=False):
        table.add_column(escape(_trait(row)), justify="right")
    lines: dict[str, tuple[str, _Show]] = {
        "in both": ("common", count), "only in old": ("only_old", count),
        "only in new": ("only_new", count), "correlation": ("correlation", _four),
        "rank correlation": ("rank_correlation", _four),
        "regression of new on old": ("slope", _four),
        "mean, old": ("mean_old", significant), "mean, new": ("mean_new", significant),
        "mean change": ("mean_change", significant), "sd, old": ("sd_old", significant),
        "sd, new": ("sd_new", significant), "sd of change": ("sd_change", significant),
        "largest change": ("largest_change", significant),
        "mean reliability, old": ("reliability_old", _four),
        "mean reliability, new": ("reliability_new", _four)}
    for label, (column, show) in lines.items():
        table.add_row(label, *(show(value) for value in agreement[column]))
    return table


def _by_records(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {
        "effect": [_trait(row) for row in table.itertuples(index=False)],
        "individuals with": table["group"],
        "number": map(count, table["individuals"]),
        "records": map(count, table["records_change"]),
        "mean change": map(significant, table["mean_change"]),
        "moved (rms)": map(significant, table["moved"])}, left=2)


def _moved_most(title: str, table: pd.DataFrame) -> Table:
    digits = decimals_for(table[["old", "new"]].to_numpy())
    values = {name: [fixed(value, digits) for value in table[name]]
              for name in ("old", "new", "change")}
    name = _trait(next(table.itertuples(index=False)))
    return _table(f"{title}: {escape(name)}", {
        "individual": table["individual"], **values,
        "rank": _arrow(table, "rank", count), "records": _arrow(table, "records", count),
        "reliability": _arrow(table, "reliability", lambda value: fixed(value, 2))}, left=1)


def _reasons_of_each(title: str, table: pd.DataFrame) -> Table:
    """The change of every part of those that moved most; parts that nowhere changed are left out.
    """
    digits = decimals_for(table[["old", "new"]].to_numpy())
    name = _trait(next(table.itertuples(index=False)))
    parts = {SOURCES[column.removeprefix("change_")]: [fixed(value, digits)
                                                       for value in table[column]]
             for column in CHANGES if table[column].fillna(0).ne(0).any()}
    return _table(f"{title}: {escape(name)}", {
        "individual": table["individual"],
        "change": [fixed(value, digits) for value in table["change"]], **parts}, left=1)


def _by_source(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {
        "effect": [_trait(row) for row in table.itertuples(index=False)],
        "source": table["source"].map(SOURCES),
        "mean change": map(significant, table["mean_change"]),
        "moved (rms)": map(significant, table["moved"]),
        "share of the variance": map(percent, table["share"])}, left=2)


def _by_group(column: object, table: pd.DataFrame) -> Table:
    return _table(f"Breeding values by {escape(str(column))}", {
        "effect": [_trait(row) for row in table.itertuples(index=False)],
        str(column): table["group"], "number": map(count, table["individuals"]),
        "mean, old": map(significant, table["mean_old"]),
        "mean, new": map(significant, table["mean_new"]),
        "change": map(significant, table["mean_change"]),
        "sd, old": map(significant, table["sd_old"]),
        "sd, new": map(significant, table["sd_new"]),
        "correlation": map(_four, table["correlation"])}, left=2)


def _verdict(verdict: Verdict | None) -> list[RenderableType]:
    """Whether limits are kept: first of all, and each with what was found."""
    if verdict is None:
        return []
    failed = sum(not check.kept for check in verdict.checks)
    words = "passed: every limit is kept" if verdict.passed else (
        f"failed: {failed} of {len(verdict.checks)} limits not kept")
    table = _table("", {
        "": ["kept" if check.kept else "NOT KEPT" for check in verdict.checks],
        "of": [_trait(check) for check in verdict.checks],
        "limit": [check.limit for check in verdict.checks],
        "what": [check.words for check in verdict.checks],
        "allowed": [significant(check.allowed) for check in verdict.checks],
        "found": [significant(check.found) for check in verdict.checks]}, left=4)
    return [f"[bold]Verdict {words}[/bold]", table]


def _variances(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {
        "effect": table["effect"],
        "components": [_pair(row) for row in table.itertuples(index=False)],
        **_estimates(table)}, left=2)


def _parameters(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {
        "parameter": table["parameter"], "effect": table["effect"],
        "components": [_pair(row) for row in table.itertuples(index=False)],
        **_estimates(table)}, left=3)


def _estimates(table: pd.DataFrame) -> dict[str, Any]:
    """Old and new with their standard errors, where there are any."""
    found: dict[str, Any] = {}
    for name in ("old", "new"):
        found[name] = map(significant, table[name])
        if table[f"se_{name}"].notna().any():
            found[f"se, {name}"] = map(significant, table[f"se_{name}"])
    return {**found, "change": map(significant, table["change"])}


def _fixed_effects(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {
        "effect": table["effect"], "trait": table["trait"],
        "most moved": table["level"].fillna(MISSING),
        "by": map(significant, table["largest_change"]),
        "mean change": map(significant, table["mean_change"]),
        "in both": map(count, table["common"]),
        "only old": map(count, table["only_old"]), "only new": map(count, table["only_new"])},
        left=3)


def _pairs(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {name: map(_word, table[name]) for name in table.columns}, left=3)


def _inputs(title: str, table: pd.DataFrame) -> Table:
    return _table(title, {"input": table["role"], "old": map(_word, table["path_old"]),
                          "new": map(_word, table["path_new"]), "": table["state"]}, left=4)


def _table(title: str, columns: dict[str, Any], *, left: int) -> Table:
    """A table from columns; the first ``left`` of them are words, the others numbers."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for position, name in enumerate(columns):
        is_number = position >= left
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number,
                         overflow="fold")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(escape(str(cell)) for cell in row))
    return table


def _changed(variances: pd.DataFrame) -> pd.DataFrame:
    return variances[variances["change"] != 0]


def _changed_fixed(effects: pd.DataFrame) -> pd.DataFrame:
    moved = effects["largest_change"].fillna(0) != 0
    return effects[moved | (effects["only_old"] > 0) | (effects["only_new"] > 0)]


def _trait(row: Any) -> str:
    return " ".join(dict.fromkeys(filter(None, (row.effect, row.component, row.trait))))


def _pair(row: Any) -> str:
    sides: Sequence[str] = [" ".join(dict.fromkeys(filter(None, side))) for side in (
        (row.component_1, row.trait_1), (row.component_2, row.trait_2))]
    return " × ".join(dict.fromkeys(sides))


def _arrow(table: pd.DataFrame, name: str, show: _Show) -> list[str]:
    both = zip(map(show, table[f"{name}_old"]), map(show, table[f"{name}_new"]), strict=True)
    return [old if old == new else f"{old} → {new}" for old, new in both]


def _four(value: float) -> str:
    return fixed(value, 4)


def _word(value: Any) -> str:
    return MISSING if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
