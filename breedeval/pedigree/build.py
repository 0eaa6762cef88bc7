"""From lines of a file to a pedigree: every fault named in one pass, parents before progeny."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.levels import Levels, classify
from breedeval.pedigree import faults
from breedeval.pedigree.attributes import FEMALE, MALE, read_births, read_selfings, read_sex
from breedeval.pedigree.draft import Codes, Draft, LineTable, encode
from breedeval.pedigree.draft import PedigreeReading as PedigreeReading
from breedeval.pedigree.headers import find_columns
from breedeval.pedigree.inbreeding import parents_first
from breedeval.pedigree.lines import Lines, read_lines
from breedeval.pedigree.pedigree import Pedigree


def build_pedigree(
    table: LineTable, reading: PedigreeReading | None = None, *, findings: Findings
) -> Pedigree:
    """Build a pedigree from a table with one line an individual, in any order.

    Parents without a line of their own become founders. Where the file contradicts itself the
    fault goes to ``findings`` and the pedigree is completed as well as can be (the first of
    repeated lines is used, one link of each loop is cut), so that faults elsewhere can be found
    in the same run: call ``findings.raise_faults()`` before using it.

    Parameters
    ----------
    table : LineTable
        Text columns; nothing replaced yet by null except empty cells.
    reading : PedigreeReading, optional
        How its columns and codes are meant.
    findings : Findings
        Where faults and warnings go.

    Raises
    ------
    InputError
        When the columns for individual, sire and dam cannot be told.

    Notes
    -----
    Cost: linear in the number of lines (hashing of the names).
    """
    reading = reading or PedigreeReading()
    roles = find_columns(table.source, list(table.columns), reading.columns, findings)
    lines = read_lines(table, roles, reading, findings)
    draft, first = _draft(table, lines, findings)
    faults.clones(draft, lines, (table.text(roles["sire"]), table.text(roles["dam"])), findings)
    if not reading.selfing:
        faults.both_sire_and_dam(draft, findings)
    sex = read_sex(draft, roles.get("sex"), findings)
    faults.sex_against_role(draft, sex, findings)
    births = read_births(draft, roles.get("birth"), findings)
    if "birth" in roles:
        faults.born_before_parent(draft, births, roles["birth"], findings)
    faults.added_founders(draft, findings)
    selfings = read_selfings(draft, roles.get("selfings"), findings)
    groups, sire_group, dam_group = _groups(draft, lines, first, reading, findings)
    _tell_groups(table.source, groups, roles, reading, findings)
    draft = faults.loops(draft, findings)
    order = parents_first(draft.sire, draft.dam)
    rows = order.order
    return Pedigree(
        individuals=Levels(_in_order(draft.labels, rows)),
        sire=_relabelled(draft.sire, rows),
        dam=_relabelled(draft.dam, rows),
        generation=order.generation[rows],
        listed=draft.row[rows] >= 0,
        groups=groups,
        sire_group=sire_group[rows],
        dam_group=dam_group[rows],
        sex=_sex_by_role(draft, sex)[rows],
        birth_year=births.year[rows],
        selfings=None if selfings is None else selfings[rows],
        clone_of=dict(lines.clone_of),
        carried=_carried(draft, roles, rows),
        headers=dict(roles),
    )


def _draft(table: LineTable, lines: Lines, findings: Findings) -> tuple[Draft, Codes]:
    """Codes of all names, and for every individual its (first) line among the lines."""
    labels, codes = encode((lines.individual, lines.sire, lines.dam))
    who, sire, dam = codes
    listed = int(who.max()) + 1 if who.size else 0
    first = np.arange(listed, dtype=np.int32)
    if listed < who.size:
        first[who[::-1]] = np.arange(who.size - 1, -1, -1, dtype=np.int32)
    q = len(labels)
    parents = np.full((2, q), -1, np.int32)
    parents[0, :listed] = sire[first]
    parents[1, :listed] = dam[first]
    row = np.full(q, -1, np.int64)
    row[:listed] = lines.rows[first]
    draft = Draft(table, labels, row, *parents)
    if listed < who.size:
        again = np.flatnonzero(first[who] != np.arange(who.size))
        faults.repeated(draft, lines, again, codes, findings)
    return draft, first


def _groups(
    draft: Draft, lines: Lines, first: Codes, reading: PedigreeReading, findings: Findings
) -> tuple[Levels, Codes, Codes]:
    """Groups (those listed by the user first, in that order) and the codes of unknown parents."""
    q = len(draft)
    none = np.full(q, -1, np.int32)
    if lines.sire_group.null_count + lines.dam_group.null_count == 2 * len(lines.individual):
        return Levels.of([]), none, none
    levels, _ = classify(pa.chunked_array([lines.sire_group, lines.dam_group]))
    used = levels.to_list()
    ordered = [code for code in reading.groups if code in used]
    levels = Levels.of(ordered + [code for code in used if code not in reading.groups])
    codes = []
    for parent, group in ((draft.sire, lines.sire_group), (draft.dam, lines.dam_group)):
        code = none.copy()
        code[:first.size] = levels.codes(group)[first]
        code[parent >= 0] = -1
        codes.append(code)
    _warn_mixed(draft, codes, findings)
    return levels, codes[0], codes[1]


def _tell_groups(
    source: str, groups: Levels, roles: Mapping[str, str], reading: PedigreeReading,
    findings: Findings,
) -> None:
    """Say when a column was taken for groups because of its name: it moves breeding values."""
    columns = [roles[role] for role in ("group", "sire_group", "dam_group")
               if role in roles and role not in reading.columns]
    if columns and len(groups):
        named = ", ".join(f"'{column}'" for column in columns)
        findings.warn("groups by name", Problem(
            source, f"the column {named} is taken for the groups of unknown parents "
            f"({len(groups)} groups)", "",
            "Rename it if it means something else, or name it under 'pedigree: columns'"))


def _warn_mixed(draft: Draft, codes: list[Codes], findings: Findings) -> None:
    unknown = [draft.sire < 0, draft.dam < 0]
    without = [parent & (code < 0) for parent, code in zip(unknown, codes, strict=True)]
    count = sum(int(mask.sum()) for mask in without)
    if not count:
        return
    example = int(np.flatnonzero(without[0] | without[1])[0])
    place = f" on {draft.line(example)}" if draft.row[example] >= 0 else ", which has no line"
    findings.warn("mixed groups", Problem(
        draft.table.source, f"{count} of {sum(int(mask.sum()) for mask in unknown)} unknown "
        f"parents have no group, such as of '{draft.name(example)}'{place}",
        "Expected a group for every unknown parent, or for none",
        "Those without one are taken for the ungrouped base population"))


def _relabelled(parent: Codes, rows: Codes) -> Codes:
    """Parents of the individuals in their new order, as rows of that order."""
    rank = np.empty(rows.size + 1, np.int32)
    rank[rows] = np.arange(rows.size, dtype=np.int32)
    rank[-1] = -1
    return rank[parent[rows]]


def _in_order(column: pa.Array, rows: Codes) -> pa.Array:
    if bool((np.diff(rows) == 1).all()):
        return column
    return column.take(pa.array(rows))


def _sex_by_role(draft: Draft, sex: NDArray[np.int8]) -> NDArray[np.int8]:
    """Sex as recorded, else as the role as a parent tells; 0 where neither or both do."""
    sires, dams = (faults.is_parent(parent, len(draft)) for parent in (draft.sire, draft.dam))
    role = np.where(sires & ~dams, MALE, np.where(dams & ~sires, FEMALE, 0)).astype(np.int8)
    return np.where(sex == 0, role, sex).astype(np.int8)


def _carried(draft: Draft, roles: Mapping[str, str], rows: Codes) -> dict[str, pa.Array]:
    carried = {}
    for name in draft.table.columns:
        if name not in roles.values():
            column = _in_order(draft.column(name), rows)
            if pa.types.is_large_string(column.type):
                column = pc.if_else(pc.equal(column, "NA"), None, column)
            carried[name] = column
    return carried
