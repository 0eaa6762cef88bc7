"""Marker effects as unknowns: the individuals' part of the inverse is H, or G."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.errors import InputError, LimitError
from breedeval.levels import Levels
from breedeval.relationship.genomic import GenomicSettings
from breedeval.relationship.kind import Sources
from breedeval.relationship.marker_effects import MarkerEffects
from breedeval.relationship.marker_effects_settings import MarkerEffectsSettings
from breedeval.relationship.precision import ByProducts, Precision
from breedeval.relationship.single_step_settings import SingleStepSettings
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

ROWS = np.array([22, 3, 15, 8, 7, 28, 21], np.int32)
MARKERS = 200


@pytest.fixture(scope="module")
def sources() -> Sources:
    pedigree = pedigree_of(*random_parents(30, 11))
    copies = dropped(pedigree.sire, pedigree.dam, MARKERS, 3)[ROWS]
    genotypes = replace(genotypes_of(copies), individuals=Levels(pedigree.individuals.take(ROWS)))
    return Sources(pedigree, {}, genotypes)


def build(settings: Any, sources: Sources) -> Any:
    members = settings.members("k", sources)
    return settings.build("k", sources, members.levels, threads=1)


def whole(precision: MarkerEffects) -> np.ndarray:
    return precision.product(np.eye(len(precision.levels) + len(precision.groups)))


def inverse_of(precision: Precision) -> np.ndarray:
    lower = precision.lower()
    return np.linalg.inv((lower + sp.tril(lower, -1).T).toarray())


@pytest.mark.parametrize("tune", ["none", "chen", "vitezica"])
@pytest.mark.parametrize("method", ["vanraden1", "vanraden2"])
def test_individuals_are_related_by_h(sources: Sources, tune: str, method: str) -> None:
    options = {"blend": 0.1, "tune": tune, "method": method}
    found = build(MarkerEffectsSettings(**options), sources)
    h = inverse_of(build(SingleStepSettings(**options), sources))
    matrix = whole(found)
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-11)
    inverse = np.linalg.inv(matrix)
    np.testing.assert_allclose(inverse[:30, :30], h, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.variance[ROWS], np.diagonal(h)[ROWS], rtol=0, atol=1e-6)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(inverse)[1], abs=1e-9)
    assert len(found.groups) == MARKERS + (tune != "none")


def test_the_genotyped_are_related_by_g(sources: Sources) -> None:
    found = build(MarkerEffectsSettings(blend=0.1, among="genotyped"), sources)
    g = inverse_of(build(GenomicSettings(blend=0.1, blend_with="identity"), sources))
    inverse = np.linalg.inv(whole(found))
    np.testing.assert_allclose(inverse[:7, :7], g, rtol=0, atol=1e-12)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(inverse)[1], abs=1e-9)


def test_everybody_genotyped(sources: Sources) -> None:
    """Without others there is no factor of theirs."""
    pedigree = sources.require_pedigree()
    copies = dropped(pedigree.sire, pedigree.dam, MARKERS, 3)
    everybody = replace(sources, genotypes=replace(
        genotypes_of(copies), individuals=pedigree.individuals))
    found = build(MarkerEffectsSettings(), everybody)
    h = inverse_of(build(SingleStepSettings(tune="none"), everybody))
    np.testing.assert_allclose(np.linalg.inv(whole(found))[:30, :30], h, rtol=0, atol=1e-9)


def test_the_diagonal_is_near_enough_for_a_preconditioner(sources: Sources) -> None:
    for among in ("pedigree", "genotyped"):
        found = build(MarkerEffectsSettings(among=among), sources)
        ratio = found.diagonal() / np.diagonal(whole(found))
        assert ratio.min() > 0.5
        assert ratio.max() < 2


def test_it_is_never_formed(sources: Sources) -> None:
    found = build(MarkerEffectsSettings(), sources)
    assert isinstance(found, ByProducts)
    assert not isinstance(build(SingleStepSettings(), sources), ByProducts)
    with pytest.raises(LimitError, match="pcg"):
        found.lower()


def test_what_it_has_no_room_for(sources: Sources) -> None:
    with pytest.raises(InputError, match="'method: yang' with marker effects"):
        build(MarkerEffectsSettings(method="yang"), sources)
    with pytest.raises(InputError, match="'tune' with 'among: genotyped'"):
        build(MarkerEffectsSettings(among="genotyped", tune="chen"), sources)
    pedigree = replace(sources.require_pedigree(), groups=Levels.of(["G1"]))
    with pytest.raises(InputError, match="unknown-parent groups"):
        build(MarkerEffectsSettings(), replace(sources, pedigree=pedigree))
