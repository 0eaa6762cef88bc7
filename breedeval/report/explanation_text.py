"""One individual of an evaluation, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from breedeval.evaluation.explanation import Explanation, Value
from breedeval.evaluation.outlook import Outlook
from breedeval.evaluation.recorded import RecordOf
from breedeval.report.numbers import MISSING, count, counted, decimals_for, fixed, significant

SOURCES = {
    "parent_average": "parents", "records": "records", "progeny": "progeny",
    "genomic": "genotype", "relatives": "relatives", "base": "base",
    "unsolved": "left over by the solver"}
FORMULA = ("1/PEV grows by E/(λσ²) with λ = (1 − h²)/h²: a first own record is E = 1, a progeny's "
           "λ/(3 + 4λ), with fixed effects known and other random effects as new as the record.")
SHOWN = 20
"""Records that are listed."""


def render_explanation(found: Explanation) -> Group:
    """What is known of one individual, as rich tables.

    Parameters
    ----------
    found : Explanation
    """
    parts: list[RenderableType] = [*_head(found)]
    for value in found.values:
        parts += ["", *_value(value)]
    if found.parents or found.progeny is not None:
        parts += ["", _family(found)]
    if found.records:
        parts.append(_records(found.records))
    outlooks = [_outlook(value, value.outlook) for value in found.values if value.outlook]
    parts += [*outlooks, *([FORMULA] if outlooks else [])]
    parts += [f"[italic]{escape(note)}[/italic]" for note in found.notes]
    return Group(*parts)


def _head(found: Explanation) -> Iterator[RenderableType]:
    title = f" – {escape(found.title)}" if found.title else ""
    yield f"[bold]{escape(found.individual)}[/bold]  in {escape(found.folder)}{title}"
    facts = [f"{escape(name.replace('_', ' '))} {escape(_plain(text))}"
             for name, text in found.facts.items()]
    if found.genotyped is not None:
        facts.append("genotyped" if found.genotyped else "not genotyped")
    if facts:
        yield ", ".join(facts)
    if found.status != "done":
        yield f"[bold]The run is '{escape(found.status)}': read its numbers with care.[/bold]"


def _plain(text: str) -> str:
    """Numbers of a table without endless digits."""
    try:
        return f"{float(text):.6g}" if "." in text or "e" in text else text
    except ValueError:
        return text


def _name(value: Value) -> str:
    return " ".join(dict.fromkeys(filter(None, (value.effect, value.component, value.trait))))


def _value(value: Value) -> Iterator[RenderableType]:
    digits = decimals_for([value.value, value.genetic_sd / 10])
    known = "" if value.se is None else f" ± {fixed(value.se, digits)}"
    yield (f"[bold]{escape(_name(value))}: {_signed(value.value, digits)}{known}[/bold] in units "
           f"of {escape(value.trait)}")
    facts = [f"{_signed(value.in_sd, 2)} genetic standard deviations of "
             f"{significant(value.genetic_sd, 3)}", f"rank {count(value.rank)} of "
             f"{count(value.among)}"]
    if value.reliability is not None:
        facts.append(f"reliability {fixed(value.reliability, 2)} (accuracy "
                     f"{fixed(value.accuracy, 2)})")
    facts.append(counted(value.records, "record"))
    yield ", ".join(facts)
    yield f"base: {escape(value.base)}"
    if value.relative is not None:
        scale = "" if value.standardised is None else (
            f", {fixed(value.standardised, 1)} on its scale")
        yield f"against the base of the run file: {_signed(value.relative, digits)}{scale}"
    if value.sources:
        yield _sources(value, digits)


def _sources(value: Value, digits: int) -> Table:
    """Where a value comes from: what each source adds, its weight, and what it says alone."""
    table = Table(box=SIMPLE_HEAD, show_footer=True)
    table.add_column("comes from", footer="the value")
    table.add_column("adds", justify="right", footer=_signed(value.value, digits))
    table.add_column("weight", justify="right")
    table.add_column("alone it would be", justify="right")
    for source in value.sources:
        weight = MISSING if source.weight is None else fixed(source.weight, 3)
        alone = MISSING if source.alone is None else _signed(source.alone, digits)
        table.add_row(SOURCES[source.name], _signed(source.value, digits), weight, alone)
    return table


def _family(found: Explanation) -> Table:
    """Parents and progeny beside the individual itself."""
    table = Table(title="Parents and progeny", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    table.add_column("", overflow="fold")
    digits = [decimals_for([value.value, value.genetic_sd / 10]) for value in found.values]
    for value in found.values:
        table.add_column(escape(_name(value)), justify="right")
    for parent in found.parents:
        table.add_row(parent.role, escape(parent.individual), *_cells(
            parent.values, parent.reliabilities, digits))
    if found.progeny is not None:
        young = found.progeny
        what = counted(young.number, "progeny") if young.number == 1 else (
            f"{count(young.number)} progeny")
        words = f"{what}, {count(young.with_records)} with records" if young.number else "none"
        mates = f", {counted(young.mates, 'mate')}" if young.mates else ""
        table.add_row("mean of", words + mates, *_cells(
            young.means, (None,) * len(young.means), digits))
    return table


def _cells(
    values: Iterable[float | None], reliabilities: Iterable[float | None], digits: list[int]
) -> Iterator[str]:
    for value, reliability, places in zip(values, reliabilities, digits, strict=True):
        known = "" if reliability is None else f" ({fixed(reliability, 2)})"
        yield MISSING if value is None else _signed(value, places) + known


def _records(records: tuple[RecordOf, ...]) -> Table:
    """Observed, what was subtracted, and what is left of it."""
    roles = len({record.role for record in records}) > 1
    table = Table(title="Records", title_justify="left", box=SIMPLE_HEAD)
    for name in ("row", "trait", *(["as"] if roles else []), "observed", "less", "deviation",
                 "residual"):
        words = name in ("trait", "as", "less")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    digits = decimals_for([record.observed for record in records] + [
        record.residual for record in records])
    for record in records[:SHOWN]:
        less = ", ".join(
            " ".join(filter(None, (escape(one.effect), escape(one.level)))) + " "
            + _signed(one.amount, digits) for one in record.corrections)
        table.add_row(count(record.record), escape(record.trait),
                      *([escape(record.role)] if roles else []),
                      fixed(record.observed, digits), less,
                      MISSING if record.deviation is None else _signed(record.deviation, digits),
                      _signed(record.residual, digits))
    if len(records) > SHOWN:
        table.caption = f"and {len(records) - SHOWN} more; --json lists them all"
    return table


def _outlook(value: Value, outlook: Outlook) -> Table:
    table = Table(title=f"What would raise the reliability, {escape(_name(value))}",
                  title_justify="left", box=SIMPLE_HEAD)
    table.add_column(f"h² = {significant(outlook.heritability, 3)}")
    table.add_column("reliability", justify="right")
    table.add_row(f"now, worth {significant(outlook.record_contributions, 3)} own records",
                  fixed(outlook.reliability, 3))
    for change in outlook.changes:
        table.add_row(change.what, fixed(change.reliability, 3))
    return table


def _signed(value: float, digits: int) -> str:
    text = fixed(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.,") else text
