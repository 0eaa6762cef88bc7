"""Variance components: breedeval and other programs on the same data, one after the other.

``python benchmarks/bench_variances.py`` estimates every model of ``cases/variances.py`` with
breedeval and prints two tables in Markdown: time and memory of the whole process and of the fit
alone, and a round of REML beside its floor. ``--peers`` gives the same folders to the programs in
``peers/`` too, as far as they are installed and fit the model, and compares their estimates;
``R_LIBS`` says where R finds packages outside its own library. ``--scale 0.1`` makes the simulated
populations smaller, for a trial. ``--json FILE`` keeps every answer.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.variances import CASES
from process import Usage, measure

HERE = Path(__file__).resolve().parent
WHOLE = (sys.executable, "-m", "breedeval", "run", "{folder}/run.yaml", "--quiet", "--force",
         "--set", "solve.threads={threads}")
ALONE = (sys.executable, str(HERE / "fit_alone.py"), "{folder}", "--threads", "{threads}")

HEADER = ("case", "records", "animals", "program", "rounds", "A, s", "fit, s", "process, s",
          "CPU, s", "MB", "largest difference", "times slower")
ROUND_HEADER = ("case", "equations", "parameters", "likelihood, ms", "derivatives, ms",
                "factorise, ms", "inverse, ms", "round, ms", "floor, ms", "round/floor")


@dataclass(frozen=True)
class Peer:
    """Another program.

    Parameters
    ----------
    script : str
        In ``peers/``, with its options.
    animals, observations : int
        The largest case that it is given, so that it takes minutes at most; an observation is a
        trait of a record.
    exact : bool
        Whether it maximises the likelihood, so that its estimates can be compared.
    """

    script: str
    animals: int
    observations: int
    exact: bool = True

    def command(self, folder: Path, python: str) -> list[str]:
        """The command line for a case."""
        script, *options = self.script.split()
        runner = python if script.endswith(".py") else "Rscript"
        return [runner, str(HERE / "peers" / script), str(folder), *options]


PEERS = {
    "lme4": Peer("lme4.R", 10**6, 10**6),
    "gremlin": Peer("gremlin.R", 20_000, 20_000),
    "LMMsolver": Peer("LMMsolver.R", 5_000, 5_000),
    "sommer": Peer("sommer.R", 5_000, 5_000),
    "MCMCglmm": Peer("MCMCglmm.R", 5_000, 5_000, exact=False),
    "pedigreemm": Peer("pedigreemm.R", 7_000, 4_000),
    "statsmodels": Peer("statsmodels_mixed.py", 1_500, 1_000),
}


@dataclass(frozen=True)
class Size:
    """What a case holds."""

    records: int
    animals: int
    observations: int


def main() -> None:
    """Estimate, compare and print."""
    asked = _asked()
    kept: dict[str, dict[str, Any]] = {}
    print(_row(HEADER), _ruler(HEADER), sep="\n", flush=True)
    for name in asked.cases or CASES:
        with tempfile.TemporaryDirectory() as place:
            kept[name] = _bench(name, Path(place), asked)
    print("\n" + _row(ROUND_HEADER), _ruler(ROUND_HEADER), sep="\n")
    for name, answers in kept.items():
        if "seconds" in answers["breedeval"]:
            print(_row(_round_cells(name, answers["breedeval"])))
    if asked.json:
        asked.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"Any of {', '.join(CASES)}.")
    parser.add_argument("--scale", type=float, default=1.0, help="Of the simulated populations.")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peers", nargs="*", choices=PEERS, metavar="PEER",
                        help=f"All, or any of {', '.join(PEERS)}.")
    parser.add_argument("--python", default=sys.executable,
                        help="The Python that has statsmodels.")
    parser.add_argument("--timeout", type=float, default=600.0, help="Seconds for a peer.")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    unknown = set(asked.cases) - set(CASES)
    if unknown:
        parser.error(f"unknown case {', '.join(sorted(unknown))}; expected {', '.join(CASES)}")
    return asked


def _bench(name: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Rows of a case; what every program answered."""
    case = CASES[name](asked.scale)
    case.write(folder)
    size = Size(len(case.records), 0 if case.pedigree is None else len(case.pedigree),
                len(case.records) * len(case.traits))
    ours, whole = _ours(folder, asked.threads)
    answers = {"breedeval": ours}
    print(_row(_cells(name, size, ours, whole, ours)), flush=True)
    wanted = [] if asked.peers is None else asked.peers or list(PEERS)
    for label in wanted:
        peer = PEERS[label]
        if size.observations > peer.observations or size.animals > peer.animals:
            continue
        used = measure(peer.command(folder, asked.python), timeout=asked.timeout,
                       environment={"OPENBLAS_NUM_THREADS": str(asked.threads)})
        answer = _answer(used, label)
        if "refused" in answer:
            continue
        answers[label] = {**answer, "process_seconds": used.wall}
        print(_row(_cells(name, size, answer, used, ours if peer.exact else None)), flush=True)
    return answers


def _ours(folder: Path, threads: int) -> tuple[dict[str, Any], Usage]:
    """The fit alone, and what the command that a user gives took."""
    whole, alone = (
        measure([word.format(folder=folder, threads=threads) for word in command])
        for command in (WHOLE, ALONE))
    answer = _answer(alone, "breedeval")
    return {**answer, "process_seconds": whole.wall, "process_status": whole.status}, whole


def _answer(used: Usage, program: str) -> dict[str, Any]:
    """What a program printed, or how it ended."""
    if used.status:
        ended = "stopped" if used.status < 0 else f"exit code {used.status}"
        return {"program": program, "failed": ended}
    found: dict[str, Any] = json.loads(used.output.splitlines()[-1])
    return found


def _cells(
    name: str, size: Size, answer: Mapping[str, Any], used: Usage, ours: Mapping[str, Any] | None
) -> list[str]:
    first = [name, f"{size.records:,}", f"{size.animals:,}", answer["program"]]
    last = [f"{used.wall:.1f}", f"{used.cpu:.1f}", f"{used.memory:,.0f}"]
    if "failed" in answer:
        return [*first, answer["failed"], "", "", *last, "", ""]
    spent = [answer["relationship_seconds"], answer["fit_seconds"]]
    difference = ratio = ""
    if ours is not None and "variances" in ours:
        difference = f"{_largest_difference(answer['variances'], ours['variances']):.0e}"
    if ours is not None and "fit_seconds" in ours:
        ratio = f"{sum(spent) / (ours['relationship_seconds'] + ours['fit_seconds']):.1f}"
    return [*first, f"{answer.get('rounds', '')}", *(f"{value:.2f}" for value in spent), *last,
            difference, ratio]


def _largest_difference(theirs: Mapping[str, float], ours: Mapping[str, float]) -> float:
    """Largest difference of a variance, relative to ours."""
    return max(abs(theirs[name] - value) / abs(value) for name, value in ours.items())


def _round_cells(name: str, answer: Mapping[str, Any]) -> list[str]:
    seconds = answer["seconds"]
    parts = ("likelihood", "derivatives", "factorise", "inverse", "round", "floor")
    return [name, f"{answer['equations']:,}", f"{len(answer['variances'])}",
            *(f"{1000 * seconds[part]:.1f}" for part in parts),
            f"{seconds['round'] / seconds['floor']:.2f}"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ruler(header: tuple[str, ...]) -> str:
    return f"|{'|'.join('---' if name in ('case', 'program') else '--:' for name in header)}|"


if __name__ == "__main__":
    main()
