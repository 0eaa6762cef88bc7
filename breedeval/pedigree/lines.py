"""The lines of a pedigree file that are individuals, and the parents they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.levels import null_where
from breedeval.pedigree.draft import LineTable, PedigreeReading, Rows, place_in_sentence
from breedeval.pedigree.headers import HEADERS, REQUIRED


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines that stand for individuals.

    Parameters
    ----------
    rows : ndarray of int64, shape (m,)
        Their rows in the table.
    individual, sire, dam : pyarrow.Array of large_string, shape (m,)
        Names; a parent is null where unknown, and the original where a clone is named.
    sire_group, dam_group : pyarrow.Array of large_string, shape (m,)
        Group of an unknown parent; null where there is none.
    clones : mapping of str to int
        Clones and the table row that declares each.
    clone_of : mapping of str to str
        Clones and the individual each is a copy of.
    """

    rows: Rows
    individual: pa.Array
    sire: pa.Array
    dam: pa.Array
    sire_group: pa.Array
    dam_group: pa.Array
    clones: Mapping[str, int]
    clone_of: Mapping[str, str]


def read_lines(
    table: LineTable, roles: Mapping[str, str], reading: PedigreeReading, findings: Findings
) -> Lines:
    """Take the individuals and parents out of a table; lines that are none are left out.

    Faults: a header line among the individuals, a line without a name, a code for an unknown
    parent or for a group standing as an individual, a clone that cannot be one.
    """
    name, sire, dam = (table.text(roles[role]) for role in REQUIRED)
    unknown = pa.array(list(reading.unknown), pa.large_string())
    header = _header_lines(table, roles, (name, sire, dam), findings)
    nameless = _nameless(table, name, header, unknown, findings)
    group_code = pc.and_not(pc.is_in(name, value_set=_codes(reading.groups)), nameless)
    _group_faults(table, name, group_code, findings)
    clones, clone_of = _clones(table, roles, name, unknown, findings)
    groups = [_group(table, roles, role, unknown) for role in ("sire_group", "dam_group")]
    parents = []
    for position, parent in enumerate((sire, dam)):
        parent = null_where(parent, pc.is_in(parent, value_set=unknown))
        parent, groups[position] = _split_groups(parent, groups[position], reading)
        parents.append(_originals(parent, clone_of))
    left_out = pc.or_(pc.or_(header, nameless), group_code)
    if clones:
        left_out = pc.or_(left_out, pc.is_in(pa.array(np.arange(table.size)),
                                             value_set=pa.array(list(clones.values()))))
    keep = pc.invert(left_out)
    rows = np.flatnonzero(keep.to_numpy(zero_copy_only=False))
    name, sire, dam, sire_group, dam_group = (
        column if rows.size == table.size else column.filter(keep)
        for column in (name, *parents, *groups))
    lines = Lines(rows, name, sire, dam, sire_group, dam_group, clones, clone_of)
    _warn_unused_groups(table, lines, reading, findings)
    return lines


def _codes(codes: tuple[str, ...]) -> pa.Array:
    return pa.array(list(codes), pa.large_string())


def _rows(mask: pa.Array) -> Rows:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False))


def _spellings(role: str) -> set[str]:
    words = set(HEADERS[role])
    parted = {f"{word[:-2]}{mark}id" for word in words if word.endswith("id") for mark in "_ .-"}
    return words | parted


def _header_lines(
    table: LineTable, roles: Mapping[str, str], cells: tuple[pa.Array, ...], findings: Findings
) -> pa.Array:
    """Lines on which all three cells are headers of their columns."""
    header = None
    for role, column in zip(REQUIRED, cells, strict=True):
        words = pa.array(sorted(_spellings(role) | {roles[role].lower()}), pa.large_string())
        match = pc.is_in(pc.utf8_lower(column), value_set=words)
        header = match if header is None else pc.and_(header, match)
        if not pc.any(header).as_py():
            return pa.array(np.zeros(table.size, np.bool_))
    rows = _rows(header)
    by_position = all(roles[role].isdecimal() for role in REQUIRED)
    remedy = ("Name the columns instead of giving positions, or remove this line"
              if by_position else "Remove this line")
    findings.fault("header line", *(
        Problem(table.where(row), "a header line stands among the individuals ("
                + ", ".join(str(column[row].as_py()) for column in cells) + ")",
                remedy=remedy) for row in rows[:SHOWN_PER_KIND]), total=rows.size)
    return header


def _nameless(
    table: LineTable, name: pa.Array, header: pa.Array, unknown: pa.Array, findings: Findings
) -> pa.Array:
    """Lines whose individual has no name, or a code for unknown as its name."""
    empty = name.is_null()
    rows = _rows(empty)
    if rows.size:
        findings.fault("no name", *(
            Problem(table.where(row), "the individual has no name", "Expected a name on every line",
                    "Name it, or remove the line") for row in rows[:SHOWN_PER_KIND]),
            total=rows.size)
    coded = pc.and_not(pc.is_in(name, value_set=unknown), empty)
    rows = _rows(coded)
    if rows.size:
        findings.fault("unknown as name", *(
            Problem(table.where(row), f"'{name[row].as_py()}' stands as an individual and is a "
                    "code for an unknown parent", "", "Give it another name, remove the line, or "
                    "change 'pedigree: unknown'") for row in rows[:SHOWN_PER_KIND]),
            total=rows.size)
    return pc.or_(empty, coded)


def _group_faults(table: LineTable, name: pa.Array, coded: pa.Array, findings: Findings) -> None:
    rows = _rows(coded)
    if rows.size:
        findings.fault("group as individual", *(
            Problem(table.where(row), f"'{name[row].as_py()}' stands as an individual and is "
                    "listed as a group", "", "Remove the line, or take the code out of "
                    "'pedigree: groups'") for row in rows[:SHOWN_PER_KIND]), total=rows.size)


def _group(
    table: LineTable, roles: Mapping[str, str], role: str, unknown: pa.Array
) -> pa.Array:
    """The group column of a parent: its own, else the one for both."""
    column = roles.get(role) or roles.get("group")
    if column is None:
        return pa.nulls(table.size, pa.large_string())
    cells = table.text(column)
    return null_where(cells, pc.is_in(cells, value_set=unknown))


def _split_groups(
    parent: pa.Array, group: pa.Array, reading: PedigreeReading
) -> tuple[pa.Array, pa.Array]:
    """Take group codes out of a parent column; a known parent needs no group."""
    if reading.groups:
        coded = pc.is_in(parent, value_set=_codes(reading.groups))
        group = pc.if_else(coded, parent, group)
        parent = null_where(parent, coded)
    if group.null_count < len(group):
        group = null_where(group, parent.is_valid())
    return parent, group


def _originals(parent: pa.Array, clone_of: Mapping[str, str]) -> pa.Array:
    """Parents, with the original wherever one of its clones is named."""
    if not clone_of:
        return parent
    at = pc.index_in(parent, value_set=pa.array(list(clone_of), pa.large_string()))
    original = pa.array(list(clone_of.values()), pa.large_string()).take(at)
    return pc.if_else(original.is_valid(), original, parent)


def _clones(
    table: LineTable, roles: Mapping[str, str], name: pa.Array, unknown: pa.Array,
    findings: Findings,
) -> tuple[dict[str, int], dict[str, str]]:
    """Rows that declare clones, and the individual each sound one is a copy of."""
    if "clone_of" not in roles:
        return {}, {}
    cells = table.text(roles["clone_of"])
    cells = null_where(cells, pc.is_in(cells, value_set=unknown))
    rows = {str(name[row].as_py()): int(row) for row in _rows(cells.is_valid())[::-1]
            if name[row].is_valid}
    named = {clone: str(cells[row].as_py()) for clone, row in rows.items()}
    sound = {}
    for clone, original in reversed(named.items()):
        where = table.where(rows[clone])
        if original == clone:
            findings.fault("clone", Problem(
                where, f"'{clone}' is said to be a clone of itself", "",
                "Name the individual it was cloned from, or leave the cell empty"))
        elif original in named:
            findings.fault("clone", Problem(
                where, f"'{clone}' is a clone of '{original}', which is itself a clone of "
                f"'{named[original]}' ({place_in_sentence(table, rows[original])})",
                "Expected the original", "Name the first individual of the chain"))
        else:
            sound[clone] = original
    return rows, sound


def _warn_unused_groups(
    table: LineTable, lines: Lines, reading: PedigreeReading, findings: Findings
) -> None:
    if not reading.groups:
        return
    seen = pc.or_(pc.is_in(_codes(reading.groups), value_set=lines.sire_group),
                  pc.is_in(_codes(reading.groups), value_set=lines.dam_group))
    unused = [code for code, used in zip(reading.groups, seen.to_pylist(), strict=True)
              if not used]
    if unused:
        findings.warn("unused group", Problem(
            table.source, f"no unknown parent is in group {', '.join(map(repr, unused))}", "",
            "Check the spelling under 'pedigree: groups'"))
