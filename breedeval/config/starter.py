"""A first run file, guessed from the columns of a table of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from breedeval.config.bind import resolved
from breedeval.config.canonical import write_yaml, written_path
from breedeval.errors import InputError, Problem

if TYPE_CHECKING:  # the table brings pandas, which nothing else here needs
    from breedeval.records import Table

MOST_CLASSES = 30
"""A whole-number column with at most so many values, each seen five times, is a class."""

ANIMALS = ("animal", "animal_id", "id", "individual", "ind", "cow", "calf", "pig", "ewe", "lamb",
           "line", "genotype", "entry", "accession", "tree", "anim", "animalid", "name")
SIRES = frozenset({"sire", "father", "male", "sire_id", "pollen"})
DAMS = frozenset({"dam", "mother", "female", "dam_id", "mother_id"})
CLASSES = frozenset({
    "sex", "herd", "farm", "flock", "year", "byear", "birth_year", "season", "month", "parity",
    "lact", "lactation", "pen", "litter", "block", "rep", "replicate", "batch", "group", "cg",
    "contemporary_group", "hys", "htd", "breed", "location", "loc", "site", "env", "environment",
    "trial", "barn", "region", "born"})
COVARIATES = frozenset({"age", "dim", "days", "days_in_milk", "age_days", "age_months",
                        "inbreeding", "f", "x"})

_INTEGER = r"^[+-]?\d+$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class _Column:
    """What a column looks like: how many cells are filled, how many values, of what kind."""

    name: str
    filled: int
    distinct: int
    kind: str

    @property
    def key(self) -> str:
        return self.name.casefold().replace(" ", "_")

    @property
    def is_class(self) -> bool:
        if self.key in CLASSES:
            return True
        if self.kind == "integer":
            return self.distinct <= min(MOST_CLASSES, self.filled / 5)
        return self.kind == "text" and self.distinct <= self.filled / 2


@dataclass(frozen=True)
class _Guess:
    animal: _Column
    trait: _Column
    classes: tuple[_Column, ...]
    covariates: tuple[_Column, ...]
    dam: _Column | None
    other_traits: tuple[_Column, ...]
    relationship: str

    @property
    def is_repeated(self) -> bool:
        """Whether animals have several records."""
        return self.animal.distinct < self.animal.filled

    @property
    def has_permanent(self) -> bool:
        """Whether animals have several records, and are related (else one effect holds all)."""
        return self.relationship == "pedigree" and self.is_repeated

    @property
    def effects(self) -> tuple[str, ...]:
        return ("animal", "permanent") if self.has_permanent else ("animal",)


def starter(
    records: Path, table: Table, pedigree: Path | None, base: Path | None = None
) -> str:
    """A commented run file for a table of records, ready to be checked and corrected.

    Parameters
    ----------
    records, pedigree : Path
        The files. Without a pedigree the animals are taken as unrelated, and a comment says what
        to add.
    table : Table
        The records.
    base : Path, optional
        Folder that the run file will lie in, to which its paths are relative; without it the
        paths are written as given.

    Raises
    ------
    InputError
        No column can be the animal, or no column can be a trait.
    """
    guess = _guess(table, "identity" if pedigree is None else "pedigree")
    if base is not None:
        records, pedigree = _seen_from(base, records), pedigree and _seen_from(base, pedigree)
    return "\n".join([*_head(records, pedigree), *_model(guess), *_variances(guess),
                      *_tail()]) + "\n"


def _seen_from(base: Path, path: Path) -> Path:
    return Path(written_path(resolved(Path.cwd(), str(path)), base.resolve()))


def _look(table: Table, name: str) -> _Column:
    text = table.text(name).drop_null()
    distinct = pc.count_distinct(text).as_py()
    kind = "integer" if _all(text, _INTEGER) else "number" if _all(text, _NUMBER) else "text"
    return _Column(name, len(text), distinct, kind)


def _all(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def _guess(table: Table, relationship: str) -> _Guess:
    columns = [_look(table, name) for name in table.columns if name and ":" not in name]
    columns = [column for column in columns if column.distinct > 1]
    animal = _animal(columns)
    if animal is None:
        raise InputError(Problem(table.source, "no column looks like the identifier of an animal",
                                 "Expected a column such as 'animal' or 'id'",
                                 "Rename it, or write the run file by hand"))
    rest = [c for c in columns if c is not animal and c.key not in SIRES]
    dam = next((c for c in rest if c.key in DAMS), None)
    rest = [c for c in rest if c.key not in DAMS]
    classes = [c for c in rest if c.is_class]
    covariates = [c for c in rest if c not in classes and c.key in COVARIATES
                  and c.kind != "text"]
    traits = [c for c in rest if c.kind != "text" and c not in classes and c not in covariates]
    if not traits:
        raise InputError(Problem(table.source, "no column looks like a trait",
                                 "Expected a column of numbers with many values",
                                 "Write the run file by hand"))
    return _Guess(animal, traits[0], tuple(classes), tuple(covariates), dam, tuple(traits[1:]),
                  relationship)


def _animal(columns: Sequence[_Column]) -> _Column | None:
    by_name = {column.key: column for column in reversed(columns)}
    named = next((by_name[key] for key in ANIMALS if key in by_name), None)
    labels = [c for c in columns if c.kind != "number" and c.distinct > c.filled / 2
              and c.key not in SIRES | DAMS | CLASSES | COVARIATES]
    return named or max(labels, key=lambda c: (c.kind == "text", c.distinct), default=None)


def _word(text: str) -> str:
    """A name as it can stand anywhere in YAML."""
    return write_yaml([text], flow=True).strip()[1:-1]


def _words(columns: Sequence[_Column]) -> str:
    return ", ".join(_word(column.name) for column in columns)


def _head(records: Path, pedigree: Path | None) -> list[str]:
    lines = [
        "# A run file, guessed from the columns of the records: read it, correct it, then",
        "#   breedeval check FILE    and    breedeval run FILE",
        "# Paths are relative to this file.",
        "",
        f"title: {_word(records.name.split('.')[0])}",
        "",
        "records:",
        f"  file: {_word(records.as_posix())}",
        '  missing: ["", NA]        # cells that mean missing; 0 is a value unless listed here',
        "",
    ]
    if pedigree is None:
        return [*lines, "# pedigree:               # without a pedigree the animals are unrelated",
                "#   file: pedigree.csv", ""]
    return [
        *lines,
        "pedigree:",
        f"  file: {_word(pedigree.as_posix())}",
        "  # columns: {individual: id, sire: father, dam: mother}   # if not standard headers",
        '  unknown: ["", "0", NA]   # codes of an unknown parent',
        "",
    ]


def _model(guess: _Guess) -> list[str]:
    others = ""
    if guess.other_traits:
        both = _words((guess.trait, guess.other_traits[0]))
        others = f"   # or: {_words(guess.other_traits)}; several together: [{both}]"
    animal = _word(guess.animal.name)
    lines = ["model:", f"  traits: {_word(guess.trait.name)}{others}", "  fixed:"]
    lines += [f"    - {_word(column.name)}   # classes: {column.distinct} levels"
              for column in guess.classes]
    lines += [f"    - {{covariate: {_word(column.name)}}}   # a regression; with degree: 2 a curve"
              for column in guess.covariates]
    if not (guess.classes or guess.covariates):
        lines[-1] = "  fixed: []                # nothing beside the mean"
    lines += ["    # - year:season          # an interaction of two class columns",
              "  random:",
              f"    - {{name: animal, column: {animal}, relationship: {guess.relationship}}}"]
    if guess.has_permanent:
        lines.append(f"    - {{name: permanent, column: {animal}, relationship: identity}}"
                     "   # several records an animal")
    if guess.dam is not None:
        lines.append(f"    # - {{name: maternal, column: {_word(guess.dam.name)}, relationship: "
                     "identity}   # what progeny of one dam share")
    return [*lines, ""]


def _variances(guess: _Guess) -> list[str]:
    lines = ["variances: reml           # estimated from these records"]
    if guess.relationship == "identity" and not guess.is_repeated:
        lines += ["# WITH ONE RECORD AN ANIMAL and no pedigree, the variance of 'animal' cannot be "
                  "told from", "# the residual: name a pedigree above, or give values."]
    return [
        *lines,
        "# To give values instead, from an analysis of this population:",
        "# variances:",
        *(f"#   {effect}: …" for effect in (*guess.effects, "residual")),
        "",
    ]


def _tail() -> list[str]:
    return [
        "# solve: {reliability: exact, threads: 0, memory_limit: 16 GB}",
        "# output: {directory: results/mine, format: csv}",
    ]
