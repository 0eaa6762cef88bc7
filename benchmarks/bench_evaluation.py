"""Seconds and memory of whole commands on simulated populations, as a user meets them.

``python benchmarks/bench_evaluation.py 20000 100000`` prints a table in Markdown. Every command is
a process of its own: start, compilation from cache, reading and writing are in the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from process import measure

BREEDEVAL = (sys.executable, "-m", "breedeval")
STEPS = {
    "simulate": ("simulate", "--animals", "{animals}", "--output", "{folder}"),
    "check": ("check", "{folder}/run.yaml"),
    "run, exact reliabilities": ("run", "{folder}/run.yaml", "--quiet", "--set",
                                 "solve.threads={threads}", "--set",
                                 "output.directory={folder}/direct"),
    "run, conjugate gradients": ("run", "{folder}/run.yaml", "--quiet", "--set",
                                 "solve.method=pcg", "--set", "solve.reliability=none", "--set",
                                 "solve.threads={threads}", "--set",
                                 "output.directory={folder}/pcg"),
    "compare": ("compare", "{folder}/direct", "{folder}/pcg"),
}


def main() -> None:
    """Measure every step at every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("animals", type=int, nargs="*", default=[20_000, 100_000])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--step", choices=STEPS, action="append",
                        help="Only these steps (simulate is always done).")
    asked = parser.parse_args()
    print("| animals | equations | step | wall s | CPU s | peak MB |\n|--:|--:|---|--:|--:|--:|")
    for animals in asked.animals:
        with tempfile.TemporaryDirectory() as place:
            _measure_size(animals, Path(place) / "population", asked.threads, asked.step)


def _measure_size(animals: int, folder: Path, threads: int, only: list[str] | None) -> None:
    for step, words in STEPS.items():
        if only and step not in (*only, "simulate"):
            continue
        command = [word.format(animals=animals, folder=folder, threads=threads) for word in words]
        used = measure([*BREEDEVAL, *command])
        remark = "" if used.status == 0 else f" (exit code {used.status})"
        print(f"| {animals:,} | {_equations(folder)} | {step}{remark} | {used.wall:.1f} | "
              f"{used.cpu:.1f} | {used.memory:,.0f} |", flush=True)


def _equations(folder: Path) -> str:
    """Number of equations, once a run has said it."""
    for name in ("direct", "pcg"):
        summary = folder / name / "summary.json"
        if summary.is_file():
            return f"{json.loads(summary.read_text(encoding='utf-8'))['equations']:,}"
    return ""


if __name__ == "__main__":
    main()
