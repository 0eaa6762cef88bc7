"""GBLUP with REML, from PLINK files to estimates: breedeval and five other programs.

``python benchmarks/bench_gblup.py 2000 5000`` simulates so many individuals with 50,000 SNPs and a
trait of 1,000 of them, and runs every program that is installed as a whole process, one after the
other: GCTA (``--gcta`` says where it is), GEMMA, and rrBLUP, BGLR and sommer of R (``R_LIBS`` says
where R finds them), by ``peers/gblup.R``. ``--only NAME`` runs one, ``--folder`` keeps the data.

The relationship is that of markers standardised by their frequencies, which is GCTA's; GEMMA
centres its markers only, and is compared with breedeval by the same method. BGLR samples: its
estimate is a posterior mean from 1,500 rounds.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from process import Usage, measure

from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import unplaced
from breedeval.genotypes.packed import pack
from breedeval.io.plink import write_bed
from breedeval.levels import Levels

HERE = Path(__file__).resolve().parent
MARKERS, CAUSAL = 50_000, 1_000
MOST = {"rrBLUP": 10**6, "BGLR": 10**6, "sommer": 2000}
"""Individuals that the packages of R are given."""
LONGEST = 1800
"""Seconds after which a program is stopped."""
RUN = """\
records: {{file: records.csv}}
genotypes: {{file: chip.bed}}
model:
  traits: [y]
  random: [{{name: line, column: id, relationship: genomic}}]
relationships: {{genomic: {{kind: genomic, method: {method}}}}}
variances: reml
output: {{directory: results}}
"""


def simulate(size: int, folder: Path) -> None:
    """Genotypes in 200 families of full sibs, and a trait of heritability one half."""
    rng = np.random.default_rng(1)
    families = 200
    p = rng.uniform(0.05, 0.5, (MARKERS, 1)).astype(np.float32)
    haplotypes = [(rng.random((MARKERS, families), np.float32) < p) for _ in range(4)]
    family = rng.integers(0, families, size)
    copies = np.zeros((MARKERS, size), np.int8)
    for side in (0, 2):
        first = rng.random((MARKERS, size), np.float32) < 0.5
        copies += np.where(first, haplotypes[side][:, family], haplotypes[side + 1][:, family])
    names = [f"i{k}" for k in range(size)]
    genotypes = Genotypes(Levels.of(names), unplaced(Levels.of([f"m{k}" for k in range(MARKERS)])),
                          pack(copies), "chip.bed")
    write_bed(genotypes, folder / "chip.bed")
    causal = rng.choice(MARKERS, CAUSAL, replace=False)
    value = copies[causal].T.astype(float) @ rng.normal(size=CAUSAL)
    value = (value - value.mean()) / value.std()
    y = np.round(10 + value + rng.normal(size=size), 6)
    pd.DataFrame({"id": names, "y": y}).to_csv(folder / "records.csv", index=False)
    pd.DataFrame({"f": names, "i": names, "y": y}).to_csv(
        folder / "pheno.txt", sep=" ", header=False, index=False)
    fam = pd.read_csv(folder / "chip.fam", sep=r"\s+", header=None, dtype=str)
    fam[5] = y
    fam.to_csv(folder / "chip.fam", sep=" ", header=False, index=False)
    bim = pd.read_csv(folder / "chip.bim", sep="\t", header=None, dtype=str)
    bim[0], bim[3], bim[4], bim[5] = "1", np.arange(1, MARKERS + 1).astype(str), "A", "G"
    bim.to_csv(folder / "chip.bim", sep="\t", header=False, index=False)


def ours(method: str, folder: Path, threads: int) -> tuple[Usage, str]:
    """The command that a user gives, with breeding values, reliabilities and the report."""
    (folder / "run.yaml").write_text(RUN.format(method=method), encoding="utf-8")
    used = measure([sys.executable, "-m", "breedeval", "run", str(folder / "run.yaml"), "--quiet",
                    "--force", "--set", f"solve.threads={threads}"])
    if used.status:
        return used, f"exit code {used.status}"
    table = pd.read_csv(folder / "results" / "genetic_parameters.csv").set_index("parameter")
    row = table.loc["heritability"]
    return used, f"{row['estimate']:.5f} ({row['se']:.5f})"


def gcta(program: str, folder: Path, threads: int) -> tuple[Usage, str]:
    """Its relationship and its REML, one after the other."""
    first = measure([program, "--bfile", str(folder / "chip"), "--make-grm", "--thread-num",
                     str(threads), "--out", str(folder / "gcta")])
    second = measure([program, "--grm", str(folder / "gcta"), "--pheno", str(folder / "pheno.txt"),
                      "--reml", "--thread-num", str(threads), "--out", str(folder / "gcta")])
    found = re.search(r"V\(G\)/Vp\s+(\S+)\s+(\S+)", (folder / "gcta.hsq").read_text())
    assert found is not None
    return _both(first, second), f"{float(found[1]):.5f} ({float(found[2]):.5f})"


def gemma(program: str, folder: Path, threads: int) -> tuple[Usage, str]:
    """Its centred matrix, and the null model of its association test, with one marker tested."""
    environment = {"OPENBLAS_NUM_THREADS": str(threads)}
    (folder / "one.txt").write_text("m0\n", encoding="utf-8")
    common = [program, "-bfile", str(folder / "chip"), "-outdir", str(folder / "gemma")]
    first = measure([*common, "-gk", "1", "-o", "k"], environment=environment, timeout=LONGEST)
    second = measure(
        [*common, "-k", str(folder / "gemma" / "k.cXX.txt"), "-lmm", "1", "-snps",
         str(folder / "one.txt"), "-o", "lmm"], environment=environment, timeout=LONGEST)
    log = folder / "gemma" / "lmm.log.txt"
    text = log.read_text() if log.exists() else ""
    value, error = (re.search(rf"{name} in the null model = *(\S+)", text)
                    for name in ("pve estimate", r"se\(pve\)"))
    shown = f"{float(value[1]):.5f}" if value else f"exit code {second.status}"
    return _both(first, second), shown + (f" ({float(error[1]):.5f})" if error else "")


def in_r(program: str, folder: Path, threads: int) -> tuple[Usage, str]:
    """One of the packages of R, which have no reader of their own for all of this."""
    used = measure(["Rscript", str(HERE / "peers" / "gblup.R"), program, str(folder)],
                   environment={"OPENBLAS_NUM_THREADS": str(threads)}, timeout=LONGEST)
    found = re.search(r"heritability (\S+)", used.output)
    stopped = f"stopped after {LONGEST / 60:.0f} minutes" if used.status == -9 else (
        f"exit code {used.status}")
    return used, f"{float(found[1]):.5f}" if found else stopped


def _both(first: Usage, second: Usage) -> Usage:
    return Usage(wall=first.wall + second.wall, cpu=first.cpu + second.cpu,
                 memory=max(first.memory, second.memory), status=second.status, output="")


def main() -> None:
    """Simulate, run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[2000])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--gcta", default=shutil.which("gcta64") or shutil.which("gcta"))
    parser.add_argument("--gemma", default=shutil.which("gemma"))
    parser.add_argument("--only", action="append", help="names of programs")
    parser.add_argument("--folder", type=Path, help="where the data are kept, and found again")
    asked = parser.parse_args()
    print("| individuals | program | wall s | CPU s | MB | heritability (se) |")
    print("|--:|---|--:|--:|--:|--:|")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) if asked.folder is None else asked.folder / str(size)
            if not (folder / "chip.bed").exists():
                folder.mkdir(parents=True, exist_ok=True)
                simulate(size, folder)
            for name, program in programs(asked, size).items():
                if asked.only and name not in asked.only:
                    continue
                used, shown = program(folder, asked.threads)
                print(f"| {size:,} | {name} | {used.wall:.1f} | {used.cpu:.1f} | "
                      f"{used.memory:,.0f} | {shown} |", flush=True)


Program = Callable[[Path, int], tuple[Usage, str]]


def programs(asked: argparse.Namespace, size: int) -> dict[str, Program]:
    """Those that are there, and take minutes at most."""
    found: dict[str, Program] = {
        "breedeval": partial(ours, "vanraden2"), "breedeval, centred": partial(ours, "centred")}
    if asked.gcta:
        found["GCTA"] = partial(gcta, asked.gcta)
    if asked.gemma:
        found["GEMMA, centred"] = partial(gemma, asked.gemma)
    if shutil.which("Rscript"):
        found |= {name: partial(in_r, name) for name, most in MOST.items() if size <= most}
    return found


if __name__ == "__main__":
    main()
