"""Genotypes and their quality control in the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from breedeval.evaluation.genotype_tables import genotype_facts, genotype_quality_table
from breedeval.evaluation.result import Evaluation
from breedeval.genotypes.conflicts import Parents
from breedeval.genotypes.quality import Cleaned, Thresholds, clean
from breedeval.report import render
from breedeval.report.genotype_section import genotype_section
from tests.unit.genotypes.made import family, genotypes_from
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model


def cleaned(asked: Thresholds | None) -> Cleaned:
    copies, sire, dam = family(3)
    copies[:5, 3] = -1
    sire[5] = 1
    numbers = np.arange(10)
    parents = Parents(np.array(sire), np.array(dam), numbers < 2, (numbers > 1) & (numbers < 4),
                      np.ones(10, np.bool_))
    return clean(genotypes_from(copies), asked, parents=parents)


def evaluation(found: Cleaned) -> Evaluation:
    plain = animal_model(30)
    return replace(plain, genotype_quality=genotype_quality_table(found),
                   summary={**plain.summary, "genotypes": genotype_facts(found)})


def test_a_run_without_genotypes_has_no_section() -> None:
    assert genotype_section(animal_model(30)) is None
    assert "<h3>Genotypes</h3>" not in render(animal_model(30), PROVENANCE)


def test_what_was_left_out_is_counted_and_listed() -> None:
    section = genotype_section(evaluation(cleaned(Thresholds(0, 0, 0.2))))
    assert section is not None
    facts = dict(section["facts"])
    assert facts["Individuals read"] == "10"
    assert facts["Individuals"] == "9"
    assert facts["Missing calls are filled by"] == "ploidy × allele frequency"
    counts, people = section["sheets"]
    assert [row[:2] for row in counts.rows][:3] == [
        ["individuals", "conflict with its sire"], ["individuals", "likely sire"],
        ["individuals", "parent-progeny conflict"]]
    assert people.rows[1][0:2] == ["i6", "likely sire"]
    assert people.rows[1][3] == "i1"
    assert "Quality control" in render(evaluation(cleaned(Thresholds())), PROVENANCE)


def test_without_quality_control_there_are_facts_alone() -> None:
    section = genotype_section(evaluation(cleaned(None)))
    assert section is not None
    assert section["sheets"] == []
    assert "Individuals read" not in dict(section["facts"])
