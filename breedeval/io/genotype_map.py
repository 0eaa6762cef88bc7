"""What stands in files of their own: places of the markers, and other names of individuals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.io.genotype_names import distinct
from breedeval.io.tables import read_table
from breedeval.levels import Levels, null_where
from breedeval.records import Table

NAMES = {
    "name": ("marker", "snp", "snp_id", "snpid", "snp_name", "name", "id", "rs", "rs#", "locus"),
    "chromosome": ("chromosome", "chrom", "chr", "linkage_group", "lg"),
    "position": ("position", "pos", "bp", "base_pair", "ps"),
    "counted": ("counted", "alt", "alternative", "a1", "allele1"),
    "other": ("other", "ref", "reference", "a2", "allele2"),
}
"""Headers by which the columns of a map are known, without regard to capitals."""

UNKNOWN = ("", "NA", "0", ".")
"""How an unknown chromosome or allele is written."""


@dataclass(frozen=True, eq=False)
class Map:
    """Places of markers, a row each.

    Parameters
    ----------
    source : str
    names : Levels or None
        None where markers are told by their order alone.
    places : list of str
    columns : mapping of str to pyarrow.Array
        ``chromosome``, ``counted`` and ``other``, those that the file has.
    position : ndarray of int64
    """

    source: str
    names: Levels | None
    places: list[str]
    columns: dict[str, pa.Array]
    position: NDArray[np.int64]


def read_map(path: Path, findings: Findings) -> Map:
    """Read a map: with a header, or as PLINK's .map and .bim, or BLUPF90's three columns.

    ======================  ======================================================
    a header                columns known by :data:`NAMES`; .csv, .tsv, .txt, …
    ``.map``, no header     chromosome, name, (centimorgan,) position
    ``.bim``                as PLINK writes it
    otherwise, no header    number of the marker, chromosome, position (, name)
    ======================  ======================================================

    Raises
    ------
    InputError
        When it is none of these.
    """
    table, roles = _table(path, findings)
    rows = np.arange(table.size)
    if "order" in roles:
        rows = _by_number(table, roles["order"], findings)
    position = _positions(table, roles, findings)
    columns: dict[str, pa.Array] = {role: null_where(table.text(roles[role]), pc.is_in(
        table.text(roles[role]), value_set=pa.array(UNKNOWN, pa.large_string()))).take(
            pa.array(rows)) for role in ("chromosome", "counted", "other") if role in roles}
    places = [table.where(int(row)) for row in rows]
    names = None
    if "name" in roles:
        written = [str(name or "") for name in table.text(roles["name"]).take(
            pa.array(rows)).to_pylist()]
        names = distinct(written, places, "marker", findings)
    return Map(path.name, names, places, columns, position[rows])


def _table(path: Path, findings: Findings) -> tuple[Table, dict[str, str]]:
    """The table and which of its columns is what."""
    ending = path.suffix.lower()
    plain = read_table(path, missing=("",), header=False, findings=findings, unnamed=".txt")
    first = [str(plain.text(name)[0].as_py() or "") for name in plain.columns]
    if ending in (".map", ".bim") and not _words(first):
        known = {3: ("chromosome", "name", "position"),
                 4: ("chromosome", "name", "", "position"),
                 6: ("chromosome", "name", "", "position", "counted", "other")}
        return plain, _by_place(path.name, plain, known)
    if first[0].isdecimal() and ending != ".parquet":
        known = {3: ("order", "chromosome", "position"),
                 4: ("order", "chromosome", "position", "name")}
        return plain, _by_place(path.name, plain, known)
    table = read_table(path, missing=("",), findings=findings, unnamed=".txt")
    roles = _words(list(table.columns))
    if "name" not in roles or not ({"chromosome", "position"} & roles.keys()):
        raise InputError(Problem(
            path.name, f"the columns are {', '.join(list(table.columns)[:8])}",
            "Expected a header line such as marker, chromosome, position", "Rename them"))
    return table, roles


def _words(headers: list[str]) -> dict[str, str]:
    """Which column is what, by the words of its header."""
    known = {name.strip().lower().replace(" ", "_"): name for name in headers}
    return {role: name for role, words in NAMES.items()
            if (name := next((known[word] for word in words if word in known), ""))}


def _by_place(
    source: str, table: Table, known: dict[int, tuple[str, ...]]
) -> dict[str, str]:
    width = len(table.columns)
    if width not in known:
        raise InputError(Problem(
            source, f"there are {width} columns and no header",
            f"Expected {' or '.join(str(number) for number in known)} columns",
            "Give the file a header: marker, chromosome, position"))
    return {role: str(at + 1) for at, role in enumerate(known[width]) if role}


def _by_number(table: Table, column: str, findings: Findings) -> NDArray[np.int64]:
    """Rows in the order of the numbers of the markers, which must be 1, 2, …."""
    numbers = table.numbers(column, findings)
    rows = np.argsort(numbers, kind="stable")
    wrong = np.flatnonzero(numbers[rows] != np.arange(1, numbers.size + 1))
    if wrong.size:
        row = int(rows[wrong[0]])
        findings.fault("number of marker", Problem(
            table.where(row), f"marker {numbers[row]:g} stands where {wrong[0] + 1} is due",
            "Expected the numbers 1, 2, … each once",
            "Give the file a header: marker, chromosome, position"))
    return np.asarray(rows)


def _positions(table: Table, roles: dict[str, str], findings: Findings) -> NDArray[np.int64]:
    if "position" not in roles:
        return np.zeros(table.size, np.int64)
    return whole_positions(table, roles["position"], findings)


def whole_positions(table: Table, column: str, findings: Findings) -> NDArray[np.int64]:
    """Positions in base pairs, 0 where unknown or below; decimals are rounded, with a warning."""
    text = table.text(column)
    known = null_where(text, pc.is_in(text, value_set=pa.array(["NA", "."], pa.large_string())))
    wrong = pc.invert(pc.match_substring_regex(known, r"^-?\d+(\.\d*)?([eE]\+?\d+)?$"))
    rows = np.flatnonzero(wrong.fill_null(False).to_numpy(zero_copy_only=False))
    if rows.size:
        findings.fault("position", *(
            Problem(table.where(row), f"the position '{text[row].as_py()}' is no number",
                    "Expected base pairs, or 0 where unknown")
            for row in rows[:SHOWN_PER_KIND].tolist()), total=int(rows.size))
        known = null_where(known, wrong)
    numbers = np.nan_to_num(known.cast(pa.float64()).to_numpy(zero_copy_only=False))
    rounded = np.rint(numbers)
    odd = int((rounded != numbers).sum())
    if odd:
        findings.warn("positions", Problem(
            table.source, f"{odd:,} positions have decimals and were rounded",
            "Expected base pairs"))
    return np.asarray(np.maximum(rounded, 0), np.int64)


def with_map(genotypes: Genotypes, places: Map, findings: Findings) -> Genotypes:
    """Genotypes with their markers at the places that a map says.

    Markers are found by name; where their names are numbers (BLUPF90's text) the map is taken row
    by row.
    """
    markers = genotypes.markers
    if places.names is None or _numbered(markers.names):
        if len(places.places) != len(markers):
            raise InputError(Problem(
                places.source, f"there are {len(places.places):,} markers",
                f"Expected {len(markers):,}, as in {genotypes.source}",
                "Give the map of this chip"))
        rows = np.arange(len(markers))
        names = places.names or markers.names
    else:
        rows = places.names.codes(markers.names.labels).astype(np.int64)
        names = markers.names
        absent = np.flatnonzero(rows < 0)
        if absent.size == rows.size:
            raise InputError(Problem(
                places.source, f"none of the {rows.size:,} markers of {genotypes.source} is in it "
                f"(such as '{names[0]}')", "Expected the same names", "Give the map of this chip"))
        if absent.size:
            findings.warn("markers not in the map", *(
                Problem(places.source, f"marker '{names[at]}' is not in the map",
                        "Its chromosome and position are unknown") for at in
                absent[:SHOWN_PER_KIND].tolist()), total=int(absent.size))
    return replace(genotypes, markers=_placed(markers, names, places, rows))


def _numbered(names: Levels) -> bool:
    return len(names) > 0 and names[0] == "1" and names[len(names) - 1] == str(len(names))


def _placed(
    markers: Markers, names: Levels, places: Map, rows: NDArray[np.int64]
) -> Markers:
    index = pa.array(rows, mask=rows < 0)
    taken = {role: column.take(index) for role, column in places.columns.items()}
    position = np.where(rows < 0, markers.position, places.position[rows])
    return replace(
        markers, names=names, position=position,
        chromosome=pc.coalesce(taken.get("chromosome", markers.chromosome), markers.chromosome),
        counted=pc.coalesce(taken.get("counted", markers.counted), markers.counted),
        other=pc.coalesce(taken.get("other", markers.other), markers.other))


def renamed(genotypes: Genotypes, path: Path, findings: Findings) -> Genotypes:
    """Genotypes whose individuals have the names that a file of two columns gives them.

    The first is the name in pedigree and records, the second the one in the file of genotypes, as
    in BLUPF90's XrefID; there is no header.

    Raises
    ------
    InputError
        When the file has other columns.
    """
    table = read_table(path, missing=("",), header=False, findings=findings,
                           unnamed=".txt")
    if len(table.columns) != 2:
        raise InputError(Problem(
            path.name, f"there are {len(table.columns)} columns",
            "Expected two: the name in the pedigree, and the name in the file of genotypes",
            "Remove the others"))
    new, old = table.text("1"), table.text("2")
    places = [table.where(row) for row in range(table.size)]
    known = distinct([str(name or "") for name in old.to_pylist()], places, "individual", findings)
    if len(known) < table.size:
        return genotypes
    rows = known.codes(genotypes.individuals.labels)
    absent = np.flatnonzero(rows < 0)
    if absent.size:
        swapped = pc.all(pc.is_in(genotypes.individuals.labels, value_set=new)).as_py()
        findings.fault("individual without a name", *(
            Problem(path.name, f"individual '{genotypes.individuals[at]}' of {genotypes.source} is "
                    "not in the second column", "Expected every individual of the genotypes",
                    "The two columns are the wrong way round" if swapped else "Add it")
            for at in absent[:SHOWN_PER_KIND].tolist()), total=int(absent.size))
        return genotypes
    names = [str(name or "") for name in new.take(pa.array(rows)).to_pylist()]
    return replace(genotypes, individuals=distinct(
        names, [places[row] for row in rows], "individual", findings))
