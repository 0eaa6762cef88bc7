"""A simulated population as a folder that is ready to run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from breedeval import __version__
from breedeval.errors import InputError, Problem
from breedeval.io.folder import whole_folder
from breedeval.io.plink import write_bed
from breedeval.simulation import SimulatedPopulation

README = """# Simulated population

{animals} animals, {records} records; made by breedeval {version} with seed {seed}. Not real data.

* `pedigree.csv`, `records.csv`: what a breeder would have.
* `true_breeding_values.csv`: what a breeder would like to have.
* `run.yaml`: an evaluation with the variances of the simulation: `breedeval run run.yaml`.

Settings: {settings}
"""

GENOTYPED = """\
* `chip.bed`, `.bim`, `.fam`: genotypes of {genotyped} animals, born last, at {markers} SNPs.
* `qtl.csv`: what causes the breeding values; QTL are not on the chip.
"""

RUN = """\
# Evaluation of a simulated population with the variances it was simulated with.
title: Simulated population of {animals} animals (seed {seed})
records:
  file: records.csv
pedigree:
  file: pedigree.csv
{genotypes}model:
  traits: [phenotype]
  fixed: [{fixed}]
  random:
{random}
variances:
{variances}
output:
  directory: results
"""

_RANDOM = {
    "animal": "    - {{name: animal, column: individual, relationship: {relationship}}}",
    "permanent": "    - {{name: permanent, column: individual, relationship: identity}}",
}


def write_simulation(population: SimulatedPopulation, directory: Path) -> None:
    """Write pedigree.csv, records.csv, true_breeding_values.csv, run.yaml and README.md.

    Of a population with chromosomes also chip.bed, chip.bim, chip.fam and qtl.csv.

    The folder appears whole or not at all.

    Parameters
    ----------
    population : SimulatedPopulation
    directory : Path
        Made with its parents; may exist only if it is empty.

    Raises
    ------
    InputError
        If the directory exists and is not empty, or is a file.
    """
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        raise InputError(Problem(str(directory), "already exists and is not an empty folder",
                                 remedy="Name a new folder, or remove this one"))
    with whole_folder(directory) as folder:
        _fill(folder, population)


def run_file(population: SimulatedPopulation) -> str:
    """The run file for a simulated population, beside its tables."""
    records = population.records
    fixed = [*(["sex"] if records["sex"].nunique() > 1 else []), "herd:year",
             *(["parity"] if "parity" in records else [])]
    genotyped = population.genotypes is not None
    relationship = "single_step" if genotyped else "pedigree"
    random = [_RANDOM[name].format(relationship=relationship)
              for name in population.variances if name != "residual"]
    variances = [f"  {name}: {value:.10g}" for name, value in population.variances.items()]
    return RUN.format(animals=population.settings.animals, seed=population.seed,
                      fixed=", ".join(fixed), random="\n".join(random),
                      variances="\n".join(variances),
                      genotypes="genotypes:\n  file: chip.bed\n" if genotyped else "")


def _fill(folder: Path, population: SimulatedPopulation) -> None:
    _write_csv(population.pedigree, folder / "pedigree.csv")
    _write_csv(population.records, folder / "records.csv")
    _write_csv(population.true_breeding_values, folder / "true_breeding_values.csv")
    more = ""
    if population.genotypes is not None:
        write_bed(population.genotypes, folder / "chip.bed")
        more = GENOTYPED.format(genotyped=len(population.genotypes.individuals),
                                markers=len(population.genotypes.markers))
    if population.qtl is not None:
        _write_csv(population.qtl, folder / "qtl.csv")
    (folder / "run.yaml").write_text(run_file(population), encoding="utf-8")
    settings = ", ".join(f"{key} {value}" for key, value in asdict(population.settings).items())
    readme = README.format(animals=population.settings.animals, records=len(population.records),
                           version=__version__, seed=population.seed, settings=settings)
    readme = readme.replace("\nSettings:", f"{more}\nSettings:")
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    plain = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write((",".join(table.columns) + "\n").encode())
        pyarrow.csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), file, plain)

