"""Which column of a pedigree file is what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from breedeval.errors import Findings, InputError, Problem

REQUIRED = ("individual", "sire", "dam")

HEADERS: dict[str, frozenset[str]] = {
    "individual": frozenset({"individual", "individualid", "ind", "indid", "id", "iid", "animal",
                             "animalid", "anim", "animid", "calf", "calfid", "progeny",
                             "offspring"}),
    "sire": frozenset({"sire", "sireid", "father", "fatherid", "male", "maleparent", "pat",
                       "patid", "dad", "dadid"}),
    "dam": frozenset({"dam", "damid", "mother", "motherid", "female", "femaleparent", "mat",
                      "matid", "mum", "mumid", "mom", "momid"}),
    "sex": frozenset({"sex", "gender"}),
    "birth": frozenset({"birth", "born", "birthdate", "dateofbirth", "bdate", "dob", "birthyear",
                        "yearofbirth", "byear", "yob"}),
    "group": frozenset({"group", "geneticgroup", "phantomgroup", "unknownparentgroup", "upg"}),
    "sire_group": frozenset({"siregroup"}),
    "dam_group": frozenset({"damgroup"}),
    "selfings": frozenset({"selfings", "selfinggenerations"}),
    "clone_of": frozenset({"cloneof"}),
}
"""Standard headers of every role, in lower case without blanks, dots, dashes and underscores."""


def plain(header: str) -> str:
    """A header as it is compared: ``Animal_ID`` is ``animalid``."""
    return re.sub(r"[\s._-]", "", header).lower()


def by_position(columns: Mapping[str, str | int]) -> bool:
    """Whether columns are given by their positions, so that the file has no header line.

    Raises
    ------
    InputError
        When some are given by name and some by position.
    """
    kinds = {isinstance(column, int) for column in columns.values()}
    if len(kinds) > 1:
        given = ", ".join(f"{role}: {column}" for role, column in columns.items())
        raise InputError(Problem("pedigree: columns", f"names and positions are mixed ({given})",
                                 "Expected names of the header line, or positions for a file "
                                 "without one"))
    return kinds == {True}


def find_columns(
    source: str, names: Sequence[str], given: Mapping[str, str | int], findings: Findings
) -> dict[str, str]:
    """The column that plays each role: as given, else by its standard header.

    Parameters
    ----------
    source : str
        Name of the file.
    names : sequence of str
        Its columns.
    given : mapping of role to name or 1-based position
        What the user says.
    findings : Findings
        Where faults go.

    Raises
    ------
    InputError
        When individual, sire or dam cannot be told.
    """
    found: dict[str, str] = {}
    for role, column in given.items():
        if str(column) in names:
            found[role] = str(column)
        else:
            findings.fault("column", _absent(source, names, role, column))
    if not by_position(given):
        for role in HEADERS.keys() - given.keys():
            matches = [name for name in names
                       if plain(name) in HEADERS[role] and name not in found.values()]
            exact = [name for name in matches if plain(name) == plain(role)]
            matches = exact or matches
            if len(matches) > 1:
                findings.fault("column", _ambiguous(source, role, matches))
            if matches:
                found[role] = matches[0]
    absent = [role for role in REQUIRED if role not in found and role not in given]
    if absent:
        findings.fault("column", _unrecognised(source, names, absent))
    if not set(REQUIRED) <= found.keys():
        raise InputError(*findings.faults)
    return found


def _absent(source: str, names: Sequence[str], role: str, column: str | int) -> Problem:
    if isinstance(column, int):
        return Problem(source, f"there is no column {column} ({role})",
                       f"The first line has {len(names)} cells")
    near = get_close_matches(column, names, 1)
    return Problem(source, f"there is no column '{column}' ({role})",
                   f"The columns are: {', '.join(names)}",
                   f"Did you mean '{near[0]}'?" if near else "")


def _ambiguous(source: str, role: str, matches: Sequence[str]) -> Problem:
    quoted = " and ".join(f"'{name}'" for name in matches)
    return Problem(source, f"the columns {quoted} could each be the {role}", "",
                   f"Say which: 'columns: {{{role}: {matches[0]}}}'")


def _unrecognised(source: str, names: Sequence[str], absent: Sequence[str]) -> Problem:
    return Problem(
        source, f"no column is recognised as {', '.join(absent)}",
        f"The columns are: {', '.join(names)}",
        "Name them, as in 'columns: {individual: tag, sire: bull, dam: cow}'; for a file without "
        "a header line give positions, as in 'columns: {individual: 1, sire: 2, dam: 3}'")
