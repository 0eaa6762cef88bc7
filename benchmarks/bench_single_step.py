"""Single-step from files to breeding values, as whole processes: exact, with a core, by markers.

Run from the root of the repository::

    python benchmarks/bench_single_step.py            # 200 thousand animals, 50,000 SNPs; an hour
    python benchmarks/bench_single_step.py --smoke    # 4 thousand animals, 2,000 SNPs; a minute

``breedeval simulate`` makes a population with chromosomes, repeated records of the females and
known variances; the animals born last are genotyped. Every row is a ``breedeval run`` of its own
with conjugate gradients: reading, checks, relationships, solving and writing (the report too) are
in its time. *Accuracy* is the correlation of breeding values with the true ones among the
genotyped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from process import Usage, measure

BREEDEVAL = (sys.executable, "-m", "breedeval")
HEADER = ("pedigree", "records", "genotyped", "SNPs", "relationship", "wall s", "CPU s",
          "peak MB", "iterations", "accuracy")
CHROMOSOMES, RECORDS, COHORTS = 30, 3, 20


@dataclass(frozen=True)
class Form:
    """A way to say single-step in the run file.

    Parameters
    ----------
    words : str
        Of the table.
    genotyped_cohorts : int
        How many of the cohorts are genotyped.
    options : tuple of str
        Values set beside those of the simulated run file.
    """

    words: str
    genotyped_cohorts: int
    options: tuple[str, ...]


def forms(core: int) -> dict[str, Form]:
    """By the names for the command line."""
    single, markers = "relationships.single_step", "relationships.markers"
    return {
        "exact": Form("single-step", 1, ()),
        "core": Form(f"single-step, core of {core:,}", 1, (f"{single}={{kind: single_step, core: "
                                                           f"{core}}}",)),
        "markers": Form("marker effects", 5, (f"{markers}={{kind: marker_effects}}",)),
        "core-many": Form(f"single-step, core of {core:,}", 5, (f"{single}={{kind: single_step, "
                                                                f"core: {core}}}",)),
    }


def simulate(folder: Path, cohorts: int, asked: argparse.Namespace) -> Usage:
    """A population of which the last cohorts are genotyped."""
    return measure([
        *BREEDEVAL, "simulate", "--output", str(folder), "--animals", str(asked.animals),
        "--generations", str(COHORTS), "--records", str(RECORDS), "--chromosomes",
        str(CHROMOSOMES), "--snps", str(asked.snps), "--genotyped-cohorts", str(cohorts)])


def evaluate(folder: Path, form: Form, asked: argparse.Namespace) -> Usage:
    """Run its run file with the relationship of the form."""
    run = folder / "run.yaml"
    text = run.read_text(encoding="utf-8")
    other = run.with_name("other.yaml")
    if "marker_effects" in str(form.options):
        text = text.replace("relationship: single_step", "relationship: markers")
    other.write_text(text, encoding="utf-8")
    settings = ("solve.method=pcg", "solve.reliability=none", f"solve.threads={asked.threads}",
                *form.options)
    return measure([*BREEDEVAL, "run", str(other), "--quiet", "--force",
                    *(word for value in settings for word in ("--set", value))])


def accuracy(folder: Path) -> float:
    """Correlation of breeding values and true ones among the genotyped."""
    found = pd.read_csv(folder / "results" / "breeding_values.csv", dtype={"individual": str})
    true = pd.read_csv(folder / "true_breeding_values.csv", dtype={"individual": str})
    fam = pd.read_csv(folder / "chip.fam", sep=r"\s+", header=None, dtype=str)
    both = found[found["individual"].isin(fam[1])].merge(true, on="individual")
    return float(both["breeding_value"].corr(both["true_breeding_value"]))


def row(folder: Path, form: Form, asked: argparse.Namespace) -> str:
    """What the table says of one run."""
    used = evaluate(folder, form, asked)
    genotyped = len((folder / "chip.fam").read_text(encoding="utf-8").splitlines())
    cells = [f"{asked.animals:,}", "", f"{genotyped:,}", f"{asked.snps:,}", form.words,
             f"{used.wall:.0f}", f"{used.cpu:.0f}", f"{used.memory:,.0f}"]
    if used.status:
        return line([*cells, f"exit code {used.status}", ""])
    summary = json.loads((folder / "results" / "summary.json").read_text(encoding="utf-8"))
    cells[1] = f"{summary['records']:,}"
    return line([*cells, f"{summary['iterations']:,}", f"{accuracy(folder):.3f}"])


def line(cells: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Simulate, run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--animals", type=int, default=200_000)
    parser.add_argument("--snps", type=int, default=50_000)
    parser.add_argument("--core", type=int, default=3_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", nargs="+", choices=forms(0), default=list(forms(0)))
    parser.add_argument("--smoke", action="store_true", help="Small sizes, to try it.")
    parser.add_argument("--folder", type=Path, help="Where populations are kept for another time.")
    asked = parser.parse_args()
    if asked.smoke:
        asked.animals, asked.snps, asked.core = 4_000, 2_000, 100
    print(line(list(HEADER)), "|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|", sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as place:
        for name in asked.only:
            form = forms(asked.core)[name]
            folder = (asked.folder or Path(place)) / (
                f"{asked.animals}x{asked.snps}-{form.genotyped_cohorts}")
            if not folder.exists():
                simulate(folder, form.genotyped_cohorts, asked)
            print(row(folder, form, asked), flush=True)


if __name__ == "__main__":
    main()
