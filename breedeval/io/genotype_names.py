"""Names of individuals and markers as they stand in a file: text, there, and distinct."""

from __future__ import annotations

from collections.abc import Sequence

from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.levels import Levels


def decoded(name: bytes, where: str, findings: Findings) -> str:
    """A name as text."""
    try:
        return name.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        findings.fault("encoding", Problem(
            where, f"a character is not UTF-8 (in Latin-1 it would be "
            f"'{name[error.start:error.start + 1].decode('latin-1')}')",
            "Expected UTF-8 text", "Save the file again as UTF-8"))
        return name.decode("utf-8", "replace").strip()


def distinct(
    names: Sequence[str], places: Sequence[str], what: str, findings: Findings
) -> Levels:
    """Levels of names; an empty name, and one that stands twice, is a fault.

    Parameters
    ----------
    names : sequence of str
    places : sequence of str
        ``file:line``, or ``file:1, column 5``, of each.
    what : str
        ``individual`` or ``marker``.
    findings : Findings
        With a fault, the levels are fewer than the names.
    """
    first: dict[str, int] = {}
    empty: list[Problem] = []
    twice: list[Problem] = []
    for at, name in enumerate(names):
        if not name:
            empty.append(Problem(places[at], f"an {what} has no name" if what[0] in "aeiou"
                                 else f"a {what} has no name", "Expected a name",
                                 "Name it, or remove it"))
        elif first.setdefault(name, at) != at:
            twice.append(Problem(
                places[at], f"{what} '{name}' is there again (first {_short(places, first[name])})",
                f"Expected every {what} once", "Remove or rename one of them"))
    for kind, problems in (("empty", empty), ("twice", twice)):
        if problems:
            findings.fault(f"{kind} {what}", *problems[:SHOWN_PER_KIND], total=len(problems))
    return Levels.of([name for name in first if name])


def _short(places: Sequence[str], at: int) -> str:
    """``line 3`` or ``in column 5`` of a place."""
    _, _, rest = places[at].rpartition(":")
    _, comma, column = rest.partition(", ")
    return f"in {column}" if comma else f"in line {rest}"
