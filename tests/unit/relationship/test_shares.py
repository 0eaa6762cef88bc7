"""What relatives tell: the shares of every relationship add up to its product."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship import polygenic
from breedeval.relationship.apy import from_core
from breedeval.relationship.dominance import from_pedigree as dominance
from breedeval.relationship.epistasis import from_pedigree as epistasis
from breedeval.relationship.genomic import GenomicSettings
from breedeval.relationship.identity import Identity
from breedeval.relationship.kind import Sources
from breedeval.relationship.marker_effects_settings import MarkerEffectsSettings
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.partial import from_pedigree as partial
from breedeval.relationship.polygenic import make_polygenic
from breedeval.relationship.precision import Precision
from breedeval.relationship.single_step import from_parts
from breedeval.relationship.single_step_core import SingleStepCore
from breedeval.relationship.single_step_settings import SingleStepSettings
from breedeval.relationship.supplied import from_matrix
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents
from tests.unit.relationship.test_partial import crossbreds
from tests.unit.relationship.test_single_step import ROWS

GAMMA = np.array([[0.8, 0.1, 0.2], [0.1, 0.6, 0.1], [0.2, 0.1, 0.9]])


def outbred() -> Pedigree:
    """Forty of four families of full sibs and half sibs: dominance has an inverse."""
    sire = np.array([-1] * 12 + [k % 3 for k in range(28)], np.int32)
    dam = np.array([-1] * 12 + [3 + k % 6 for k in range(28)], np.int32)
    return pedigree_of(sire, dam)


def single_step(groups: str, gamma: np.ndarray | None = None) -> Precision:
    numerator = from_pedigree(crossbreds(5), gamma=gamma)
    g = np.eye(ROWS.size) + 0.2
    return from_parts(numerator, ROWS, np.linalg.inv(g), np.linalg.slogdet(g)[1],
                      numerator.block(ROWS), tau=1.1, omega=0.9, groups=groups)


def with_core(groups: str) -> Precision:
    numerator = from_pedigree(crossbreds(5))
    return SingleStepCore(
        make_polygenic(numerator, ROWS, threads=1), from_core(
            Levels(numerator.levels.take(ROWS)), np.array([1, 4, 5]),
            (np.eye(ROWS.size) + 0.2)[[1, 4, 5]], np.full(ROWS.size, 1.2), source="G"),
        tau=1.1, omega=0.9, group_form=groups)


def of_genotypes(settings: Any) -> Precision:
    pedigree = pedigree_of(*random_parents(30, 11))
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)[ROWS]
    genotypes = replace(genotypes_of(copies), individuals=Levels(pedigree.individuals.take(ROWS)))
    sources = Sources(pedigree, {}, genotypes)
    return settings.build("k", sources, settings.members("k", sources).levels, threads=1)


def dense() -> Precision:
    root = np.random.default_rng(1).normal(size=(9, 12))
    return from_matrix(Levels.of([str(k) for k in range(9)]), root @ root.T, source="K")


def apy() -> Precision:
    root = np.random.default_rng(1).normal(size=(9, 12))
    k = root @ root.T
    core = np.array([1, 4, 6])
    return from_core(Levels.of([str(k) for k in range(9)]), core, k[core], np.diagonal(k).copy(),
                     source="K")


PEDIGREE = {"parent_average", "progeny", "base"}
KINDS: dict[str, tuple[Any, set[str]]] = {
    "numerator": (lambda: from_pedigree(pedigree_of(*random_parents(30, 11))), PEDIGREE),
    "without inbreeding": (lambda: from_pedigree(
        pedigree_of(*random_parents(30, 11)), use_inbreeding=False), PEDIGREE),
    "groups": (lambda: from_pedigree(crossbreds(5)), PEDIGREE),
    "metafounders": (lambda: from_pedigree(crossbreds(5), gamma=GAMMA), PEDIGREE),
    "autotetraploids": (lambda: from_pedigree(outbred(), reduction=0.1), PEDIGREE),
    "single_step, groups: full": (lambda: single_step("full"), PEDIGREE | {"genomic"}),
    "single_step, groups: altered": (lambda: single_step("altered"), PEDIGREE | {"genomic"}),
    "single_step, metafounders": (lambda: single_step("full", GAMMA), PEDIGREE | {"genomic"}),
    "single_step, core": (lambda: of_genotypes(SingleStepSettings(core=4, blend=0.05)),
                          PEDIGREE | {"genomic"}),
    "single_step, core, groups: full": (lambda: with_core("full"), PEDIGREE | {"genomic"}),
    "single_step, core, groups: altered": (lambda: with_core("altered"), PEDIGREE | {"genomic"}),
    "genomic": (lambda: of_genotypes(GenomicSettings(ridge=0.01)), {"genomic"}),
    "marker_effects": (lambda: of_genotypes(MarkerEffectsSettings(blend=0.1)),
                       PEDIGREE | {"genomic"}),
    "partial": (lambda: partial(crossbreds(5), ("x",)), PEDIGREE),
    "dominance": (lambda: dominance(outbred()), {"relatives"}),
    "epistasis": (lambda: epistasis(outbred()), {"relatives"}),
    "supplied": (dense, {"relatives"}),
    "apy": (apy, {"genomic"}),
    "identity": (lambda: Identity(Levels.of(["a", "b"])), {"relatives"}),
}


@pytest.mark.parametrize("name", KINDS)
def test_shares_add_up_to_the_product(name: str) -> None:
    make, kinds = KINDS[name]
    precision = make()
    q = len(precision.levels)
    x = np.random.default_rng(2).normal(size=(q + len(precision.groups), 2))
    shares = precision.shares(x)
    assert set(shares) == kinds
    total = sum(share.weight[:, None] * x[:q] - share.value for share in shares.values())
    np.testing.assert_allclose(total, precision.product(x)[:q], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", KINDS)
def test_weights_add_up_to_the_diagonal(name: str) -> None:
    """So that nobody's own value is in what the others tell of it."""
    precision = KINDS[name][0]()
    q = len(precision.levels)
    units = np.eye(q + len(precision.groups))
    shares = precision.shares(np.ones((len(units), 1)))
    np.testing.assert_allclose(sum(share.weight for share in shares.values()),
                               np.diagonal(precision.product(units))[:q], rtol=1e-10, atol=0)


@pytest.mark.parametrize("name", ["marker_effects", "single_step, core, groups: full"])
def test_of_very_many_the_weights_are_estimated_and_the_sum_is_exact(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polygenic, "EXACT_UP_TO", 0)
    precision = KINDS[name][0]()
    q = len(precision.levels)
    x = np.random.default_rng(2).normal(size=(q + len(precision.groups), 1))
    shares = precision.shares(x)
    total = sum(share.weight[:, None] * x[:q] - share.value for share in shares.values())
    np.testing.assert_allclose(total, precision.product(x)[:q], rtol=0, atol=1e-9)
