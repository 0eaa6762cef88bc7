"""What cannot be true of a pedigree: every contradiction among its lines, each with its line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.pedigree.attributes import FEMALE, MALE, Births
from breedeval.pedigree.draft import Codes, Draft, Rows
from breedeval.pedigree.inbreeding import find_loops
from breedeval.pedigree.lines import Lines

ROLES = ("sire", "dam")

_LIKE_UNKNOWN = frozenset({
    "0", "00", "000", "0000", "-1", "-9", "-99", "-999", ".", "..", "-", "--", "*", "?", "na",
    "n/a", "#n/a", "nan", "null", "nil", "none", "unknown", "unk", "missing"})


def repeated(draft: Draft, lines: Lines, again: Rows, codes: list[Codes],
             findings: Findings) -> None:
    """Individuals on several lines: a warning with the same parents, else a fault.

    Parameters
    ----------
    draft, lines : Draft, Lines
        The pedigree with the first line of each, and all lines.
    again : ndarray of int64
        Lines that are not the first of their individual.
    codes : list of ndarray of int32, shape (m,)
        Individual, sire and dam of every line.
    findings : Findings
        Where faults and warnings go.
    """
    who, sire, dam = (column[again] for column in codes)
    same = (draft.sire[who] == sire) & (draft.dam[who] == dam)
    table = draft.table

    def problem(at: int, parents: str, remedy: str) -> Problem:
        return Problem(table.where(int(lines.rows[again[at]])),
                       f"'{draft.name(who[at])}' already stands on {draft.line(who[at])}, "
                       f"{parents}", remedy=remedy)

    def other(at: int) -> str:
        there = _couple(draft, draft.sire[who[at]], draft.dam[who[at]])
        return f"with other parents ({there} there, {_couple(draft, sire[at], dam[at])} here)"

    twins, clashes = np.flatnonzero(same), np.flatnonzero(~same)
    if twins.size:
        findings.warn("repeated", *(
            problem(at, "with the same parents", "The first line is used")
            for at in twins[:SHOWN_PER_KIND]), total=twins.size)
    if clashes.size:
        findings.fault("repeated", *(
            problem(at, other(at), "Keep one of the lines")
            for at in clashes[:SHOWN_PER_KIND]), total=clashes.size)


def _couple(draft: Draft, sire: int, dam: int) -> str:
    names = [draft.name(parent) if parent >= 0 else "unknown" for parent in (sire, dam)]
    return " × ".join(names)


def clones(draft: Draft, lines: Lines, roles_text: tuple[pa.Array, pa.Array],
           findings: Findings) -> None:
    """Clones of nobody, clones with a line of their own, clones with other parents."""
    if not lines.clones:
        return
    table = draft.table
    at = {clone: _find(draft, clone) for clone in lines.clones}
    for clone, row in lines.clones.items():
        if at[clone] >= 0 and draft.row[at[clone]] >= 0:
            findings.fault("clone", Problem(
                table.where(row), f"'{clone}' is a clone here and an individual of its own on "
                f"{draft.line(at[clone])}", remedy="Keep one of the lines"))
    for clone, original in lines.clone_of.items():
        code = _find(draft, original)
        where = table.where(lines.clones[clone])
        if code < 0:
            findings.fault("clone", Problem(
                where, f"'{clone}' is a clone of '{original}', which is nowhere in the pedigree",
                "Expected an individual or a parent", "Correct the name, or add a line for it"))
            continue
        own = [_cell(text, lines.clones[clone]) for text in roles_text]
        theirs = [draft.name(p) if p >= 0 else None for p in (draft.sire[code], draft.dam[code])]
        if any(mine is not None and mine != other
               for mine, other in zip(own, theirs, strict=True)):
            findings.fault("clone", Problem(
                where, f"'{clone}' is a clone of '{original}' and has other parents "
                f"({own[0] or 'unknown'} × {own[1] or 'unknown'} instead of "
                f"{theirs[0] or 'unknown'} × {theirs[1] or 'unknown'})",
                remedy="Leave the parents of a clone empty"))


def _find(draft: Draft, name: str) -> int:
    return int(pc.index(draft.labels, pa.scalar(name, pa.large_string())).as_py())


def _cell(text: pa.Array, row: int) -> str | None:
    value = text[row].as_py()
    return None if value is None else str(value)


def loops(draft: Draft, findings: Findings) -> Draft:
    """Individuals that are their own ancestors, with the whole loop; one link of each is cut."""
    found = find_loops(draft.sire, draft.dam)
    if not found:
        return draft
    findings.fault("loop", *(_loop_problem(draft, loop) for loop in found[:SHOWN_PER_KIND]),
                   total=len(found))
    sire, dam = draft.sire.copy(), draft.dam.copy()
    for loop in found:
        for parent in (sire, dam):
            if parent[loop[-1]] == loop[0]:
                parent[loop[-1]] = -1
    return Draft(draft.table, draft.labels, draft.row, sire, dam)


def _loop_problem(draft: Draft, loop: NDArray[np.int32]) -> Problem:
    loop = np.roll(loop, -int(np.argmin(draft.row[loop])))
    name = draft.name(loop[0])
    if loop.size == 1:
        both = draft.sire[loop[0]] == draft.dam[loop[0]]
        role = "sire and dam" if both else "sire" if draft.sire[loop[0]] == loop[0] else "dam"
        return Problem(draft.where(loop[0]), f"'{name}' is its own {role}",
                       remedy=f"Correct the {role}, or leave it empty")
    links = " → ".join([*(draft.name(code) for code in loop), name])
    return Problem(draft.where(loop[0]), f"'{name}' is its own ancestor ({links})",
                   remedy="Remove one of these parent links")


def both_sire_and_dam(draft: Draft, findings: Findings) -> None:
    """Individuals used in both roles, where selfing was not allowed."""
    own = np.flatnonzero((draft.sire >= 0) & (draft.sire == draft.dam))
    own = own[draft.sire[own] != own]
    remedy = "Correct one of them, or set 'selfing: true' where an individual may be both"
    if own.size:
        findings.fault("one parent twice", *(
            Problem(draft.where(code), f"'{draft.name(draft.sire[code])}' is both the sire and the "
                    f"dam of '{draft.name(code)}'", remedy=remedy)
            for code in own[:SHOWN_PER_KIND]), total=own.size)
    both = is_parent(draft.sire, len(draft)) & is_parent(draft.dam, len(draft))
    both[draft.sire[own]] = False
    who = np.flatnonzero(both)
    if who.size:
        findings.fault("sire and dam", *(_both_problem(draft, int(code), remedy)
                                         for code in who[:SHOWN_PER_KIND]), total=who.size)


def _both_problem(draft: Draft, code: int, remedy: str) -> Problem:
    of_sire, of_dam = (draft.first_progeny(code, role) for role in ROLES)
    return Problem(draft.where(max(of_sire, of_dam, key=lambda k: int(draft.row[k]))),
                   f"'{draft.name(code)}' is the sire of '{draft.name(of_sire)}' "
                   f"({draft.line(of_sire)}) and the dam of '{draft.name(of_dam)}' "
                   f"({draft.line(of_dam)})", remedy=remedy)


def is_parent(parent: Codes, n: int) -> NDArray[np.bool_]:
    """Whether each individual is named as this parent by anybody."""
    used = np.zeros(n, np.bool_)
    used[parent[parent >= 0]] = True
    return used


def sex_against_role(draft: Draft, sex: NDArray[np.int8], findings: Findings) -> None:
    """Sires recorded as females, and dams recorded as males."""
    for role, other, word in (("sire", FEMALE, "female"), ("dam", MALE, "male")):
        parent = draft.sire if role == "sire" else draft.dam
        wrong = np.flatnonzero(is_parent(parent, len(draft)) & (sex == other))
        if wrong.size:
            findings.fault(f"sex of {role}", *(
                _sex_problem(draft, int(code), role, word) for code in wrong[:SHOWN_PER_KIND]),
                total=wrong.size)


def _sex_problem(draft: Draft, code: int, role: str, word: str) -> Problem:
    progeny = draft.first_progeny(code, role)
    return Problem(draft.where(code), f"'{draft.name(code)}' is recorded as {word} and is the "
                   f"{role} of '{draft.name(progeny)}' ({draft.line(progeny)})",
                   remedy=f"Correct its sex, or the {role} of its progeny")


def born_before_parent(draft: Draft, births: Births, column: str, findings: Findings) -> None:
    """Individuals born before a parent, or on the same day."""
    cells = draft.column(column)
    for role in ROLES:
        parent = draft.sire if role == "sire" else draft.dam
        rows = np.flatnonzero(parent >= 0)
        rows = rows[~np.isnan(births.year[rows]) & ~np.isnan(births.year[parent[rows]])]
        of_parent = births.year[parent[rows]]
        days = births.exact[rows] & births.exact[parent[rows]]
        early = np.where(days, births.year[rows] <= of_parent,
                         np.floor(births.year[rows]) < np.floor(of_parent))
        wrong = rows[early]
        if wrong.size:
            findings.fault(f"born before {role}", *(
                _birth_problem(draft, int(code), int(parent[code]), role, cells)
                for code in wrong[:SHOWN_PER_KIND]), total=wrong.size)


def _birth_problem(draft: Draft, code: int, parent: int, role: str, cells: pa.Array) -> Problem:
    own, theirs = (str(cells[k].as_py()) for k in (code, parent))
    when = "on the same day as" if own == theirs else "before"
    return Problem(draft.where(code), f"'{draft.name(code)}' was born {when} its {role} "
                   f"'{draft.name(parent)}' ({own} against {theirs} on {draft.line(parent)})",
                   remedy=f"Correct one of the births, or the {role}")


def added_founders(draft: Draft, findings: Findings) -> None:
    """Parents without a line: founders in a warning, what looks like a code in a fault."""
    added = np.flatnonzero(draft.row < 0)
    if not added.size:
        return
    labels = draft.labels.slice(int(added[0]))
    like = pc.is_in(pc.utf8_lower(labels), value_set=pa.array(sorted(_LIKE_UNKNOWN)).cast(
        pa.large_string())).to_numpy(zero_copy_only=False)
    for code in added[like]:
        findings.fault("like unknown", _like_unknown(draft, int(code)))
    first = int(added[~like][0]) if not like.all() else -1
    if first >= 0:
        role = "sire" if bool((draft.sire == first).any()) else "dam"
        progeny = draft.first_progeny(first, role)
        count = int((~like).sum())
        which = ("1 parent has no line of its own and became a founder: " if count == 1 else
                 f"{count} parents have no line of their own and became founders, such as ")
        findings.warn("added founders", Problem(
            draft.table.source, f"{which}'{draft.name(first)}', {role} of "
            f"'{draft.name(progeny)}' on {draft.line(progeny)}"))


def _like_unknown(draft: Draft, code: int) -> Problem:
    as_sire, as_dam = int((draft.sire == code).sum()), int((draft.dam == code).sum())
    first = draft.first_progeny(code, "sire" if as_sire else "dam")
    return Problem(draft.where(first), f"the parent '{draft.name(code)}' looks like a code for an "
                   f"unknown parent (named {as_sire + as_dam}×, no line of its own)",
                   remedy="Add it to 'pedigree: unknown', or give it a line if it is an individual")
