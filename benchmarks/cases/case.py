"""A model with its data, written so that any program can be given it.

A case is a folder: ``records.csv``; ``pedigree.csv`` (individual, sire, dam; parents first; empty
is unknown), where there is one; ``model.json`` for the programs in ``benchmarks/peers``; and
``run.yaml``, the same model for breedeval.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

RUN = """\
title: {title}
records: {{file: records.csv, missing: ["", NA]}}
{pedigree}model:
  traits: [{traits}]
  fixed: [{fixed}]
  random:
{random}
variances: reml
output: {{directory: results}}
"""


@dataclass(frozen=True)
class Effect:
    """A random effect: its name, the column of its levels, and whether they are in the pedigree."""

    name: str
    column: str
    pedigree: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A model with its data.

    Parameters
    ----------
    title : str
    traits : tuple of str
        Columns; covariances between traits are unstructured in every effect.
    classes, covariates : tuple of str
        Fixed effects of every trait.
    random : tuple of Effect
    records : DataFrame
    pedigree : DataFrame or None
        individual, sire, dam; parents first.
    truth : mapping
        The variances that simulated data were made with.
    """

    title: str
    traits: tuple[str, ...]
    classes: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    random: tuple[Effect, ...]
    records: pd.DataFrame
    pedigree: pd.DataFrame | None = None
    truth: Mapping[str, list[list[float]]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.records.to_csv(folder / "records.csv", index=False)
        if self.pedigree is not None:
            self.pedigree.to_csv(folder / "pedigree.csv", index=False)
        model = {"title": self.title, "traits": self.traits, "classes": self.classes,
                 "covariates": self.covariates, "truth": dict(self.truth),
                 "random": [asdict(effect) for effect in self.random]}
        (folder / "model.json").write_text(json.dumps(model, indent=1), encoding="utf-8")
        (folder / "run.yaml").write_text(self._run_file(), encoding="utf-8")

    def _run_file(self) -> str:
        kinds = {True: "pedigree", False: "identity"}
        random = [f"    - {{name: {effect.name}, column: {effect.column}, "
                  f"relationship: {kinds[effect.pedigree]}}}" for effect in self.random]
        fixed = [*self.classes, *(f"{{covariate: {name}}}" for name in self.covariates)]
        pedigree = "" if self.pedigree is None else "pedigree: {file: pedigree.csv}\n"
        return RUN.format(title=self.title, pedigree=pedigree, traits=", ".join(self.traits),
                          fixed=", ".join(fixed), random="\n".join(random))
