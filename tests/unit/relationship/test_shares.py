"""What relatives tell: the shares of every relationship add up to its product."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship import marker_effects
from breedeval.relationship.apy import from_core
from breedeval.relationship.dominance import from_pedigree as dominance
from breedeval.relationship.epistasis import from_pedigree as epistasis
from breedeval.relationship.genomic import GenomicSettings
from breedeval.relationship.identity import Identity
from breedeval.relationship.kind import Sources
from breedeval.relationship.marker_effects_settings import MarkerEffectsSettings
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.partial import from_pedigree as partial
from breedeval.relationship.precision import Precision
from breedeval.relationship.single_step import from_parts
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


@pytest.mark.parametrize("name", [name for name in KINDS if name != "marker_effects"])
def test_weights_add_up_to_the_diagonal(name: str) -> None:
    """So that nobody's own value is in what the others tell of it."""
    precision = KINDS[name][0]()
    q = len(precision.levels)
    shares = precision.shares(np.ones((q + len(precision.groups), 1)))
    np.testing.assert_allclose(sum(share.weight for share in shares.values()),
                               precision.diagonal()[:q], rtol=1e-12, atol=0)


def test_weights_of_marker_effects_are_exact_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = KINDS["marker_effects"][0]()
    units = np.eye(len(exact.levels) + len(exact.groups))
    own = np.diagonal(exact.product(units))[:len(exact.levels)]
    x = np.random.default_rng(2).normal(size=(len(units), 1))
    weights = [share.weight for share in exact.shares(x).values()]
    np.testing.assert_allclose(np.sum(weights, axis=0), own, rtol=1e-10, atol=0)
    monkeypatch.setattr(marker_effects, "EXACT_UP_TO", 0)
    rough = KINDS["marker_effects"][0]()
    shares = rough.shares(x)
    total = sum(share.weight[:, None] * x[:len(own)] - share.value for share in shares.values())
    np.testing.assert_allclose(total, rough.product(x)[:len(own)], rtol=0, atol=1e-9)
