"""What the variance of a record is made of: parts of random effects, and the residual.

Values of traits s and t of a record in class k at covariates x have the covariance

    σ(s, t) = Σₑ Σ_g Σ_h a_gh φ_g′ Σₑ[s, t] φ_h + exp(x′b) R_k[s, t],

where g and h are the parts of effect e, φ their functions of x, and a the relationship between the
levels that a record has in two parts: 1 on the diagonal and ½ between an individual and its
parent (Willham 1963). Individuals are not inbred, and weights are 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings
from breedeval.evaluation.ownership import AdditivePart, has_own, no_heritability
from breedeval.evaluation.strata import Stratum, bases_of
from breedeval.model.basis import evaluate_basis
from breedeval.model.design import Design, RandomComponent, RandomTerm
from breedeval.model.terms import Basis, Classes
from breedeval.relationship.precision import Precision
from breedeval.variance.delta import Quantities, bilinear, stretched

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
MOST = 0.5
"""Share of the records above which two components have the same levels."""


@dataclass(frozen=True, eq=False)
class EffectParts:
    """A random effect, divided into the values that a record has of it.

    Parameters
    ----------
    number : int
        Its place in the model.
    term : RandomTerm
    bases : tuple of Basis or None, one a component
    additive : bool
        Whether its solutions are breeding values.
    parts : tuple of tuple of int
        Components that have the same level in a record, and so one value together.
    parents : ndarray of bool, shape (g, g)
        Whether the level of a part (row) has that of another (column) as a parent.
    heritable : frozenset of int
        Traits of which its shares of the variance are called heritability.
    """

    number: int
    term: RandomTerm
    bases: tuple[Basis | None, ...]
    additive: bool
    parts: tuple[tuple[int, ...], ...]
    parents: NDArray[np.bool_]
    heritable: frozenset[int] = frozenset()

    @property
    def relations(self) -> Matrix:
        """a between the levels of any two parts, shape (g, g)."""
        return np.eye(len(self.parts)) + 0.5 * (self.parents | self.parents.T)

    @property
    def is_sum(self) -> bool:
        """Whether a record may have several levels of a component."""
        return any(component.codes.shape[1] > 1 for component in self.term.components)

    def part_name(self, part: int) -> str:
        """Its components' names."""
        return "+".join(self.term.components[k].name for k in self.parts[part])

    def covariates(self, part: int) -> set[str]:
        """Covariates along which a part changes."""
        return {basis.column for k in self.parts[part]
                if (basis := self.bases[k]) is not None and not isinstance(basis, Classes)}


def effect_parts(equations: Equations) -> tuple[EffectParts, ...]:
    """The random effects of a model, divided."""
    design = equations.design
    found = tuple(_divide(number, term, bases_of(design, number), precision)
                  for number, (term, precision) in enumerate(
                      zip(design.random, equations.precisions, strict=True)))
    traits = frozenset(trait for trait in range(len(design.traits))
                       if has_own(design, additive_parts(equations, found, trait), trait))
    return tuple(replace(effect, heritable=traits) if effect.additive else effect
                 for effect in found)


def additive_parts(
    equations: Equations, effects: Sequence[EffectParts], trait: int
) -> tuple[AdditivePart, ...]:
    """The parts of the effects on a trait whose solutions are breeding values, sums left out."""
    found = []
    for effect in effects:
        if not effect.additive or trait not in effect.term.traits or effect.is_sum:
            continue
        words = list(equations.design.model.random[effect.number].parts.values())
        found += [AdditivePart(effect.term, part[0], words[part[0]].sources[0],
                               equations.precisions[effect.number]) for part in effect.parts]
    return tuple(found)


def report_shares(equations: Equations, findings: Findings) -> None:
    """Warn where an additive effect's share of the variance is not called heritability."""
    effects = effect_parts(equations)
    for trait in range(len(equations.design.traits)):
        parts = additive_parts(equations, effects, trait)
        if parts and have_one_level(effects, trait) and not has_own(
                equations.design, parts, trait):
            findings.warn("no heritability", *no_heritability(equations.design, parts, trait))


def _divide(
    number: int, term: RandomTerm, bases: tuple[Basis | None, ...], precision: Precision
) -> EffectParts:
    parts: list[list[int]] = []
    for k, component in enumerate(term.components):
        same = next((part for part in parts if _same(term.components[part[0]], component)), None)
        if same is None:
            parts.append([k])
        else:
            same.append(k)
    firsts = [term.components[part[0]] for part in parts]
    parents = np.array([[_is_parent(precision, one, other) for other in firsts] for one in firsts])
    return EffectParts(
        number, term, bases, precision.additive, tuple(tuple(part) for part in parts), parents)


def _levels(one: RandomComponent, other: RandomComponent) -> NDArray[np.int32]:
    """Levels of two components in the records that have one of each; none for sums."""
    if one.codes.shape[1] > 1 or other.codes.shape[1] > 1:
        return np.zeros((2, 0), np.int32)
    both = np.stack([one.codes[:, 0], other.codes[:, 0]])
    return both[:, (both >= 0).all(axis=0)]


def _same(one: RandomComponent, other: RandomComponent) -> bool:
    a, b = _levels(one, other)
    return bool(a.size) and float((a == b).mean()) > MOST


def _is_parent(precision: Precision, young: RandomComponent, old: RandomComponent) -> bool:
    if not precision.additive or precision.pedigree is None:
        return False
    a, b = _levels(young, old)
    return precision.pedigree.are_parents(b, a)


def have_one_level(effects: Sequence[EffectParts], trait: int) -> bool:
    """Whether no effect on a trait is a sum over levels, whose number changes the variance."""
    return not any(effect.is_sum for effect in effects if trait in effect.term.traits)


def are_repeated(design: Design, trait: int, one: EffectParts, other: EffectParts) -> bool:
    """Whether the first part of an effect and the only one of another have the same individuals.

    In all records of a trait, of which an individual has several.
    """
    if trait not in other.term.traits or len(other.parts) > 1:
        return False
    rows = design.unit[design.of_trait(trait)]
    a, b = (effect.term.components[0].codes[rows, 0] for effect in (one, other))
    if (a < 0).any() or (b < 0).any():
        return False
    pairs = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(pairs == np.unique(a).size == np.unique(b).size and pairs < a.size)


@dataclass(frozen=True, eq=False)
class Kind:
    """Records of one stratum at m places along the covariates.

    Parameters
    ----------
    equations : Equations
    effects : tuple of EffectParts
    stratum : Stratum
    places : mapping of covariate to ndarray of float64, shape (m,)
        Empty where nothing changes along a covariate; m is 1 then.
    """

    equations: Equations
    effects: tuple[EffectParts, ...]
    stratum: Stratum
    places: Mapping[str, Vector]

    @cached_property
    def size(self) -> int:
        """m."""
        return next((x.size for x in self.places.values()), 1)

    @property
    def phenotype(self) -> str:
        """What the phenotype is called as a component: nothing where all records are alike."""
        return self.stratum.name("phenotype") if self.stratum.label else ""

    def on(self, trait: int) -> list[EffectParts]:
        """The effects on a trait."""
        return [effect for effect in self.effects if trait in effect.term.traits]

    def loads(self, effect: EffectParts, part: int, trait: int) -> Matrix:
        """Coefficients of an effect's cells in a part's value for a trait, shape (m, c)."""
        columns = [
            self._functions(component, basis) if k in effect.parts[part] else
            np.zeros((self.size, len(component.coefficients)))
            for k, (component, basis) in enumerate(
                zip(effect.term.components, effect.bases, strict=True))]
        traits = np.array(effect.term.traits) == trait
        return np.kron(np.hstack(columns), traits.astype(np.float64))

    def _functions(self, component: RandomComponent, basis: Basis | None) -> Matrix:
        """φ of one component, shape (m, k)."""
        if basis is None:
            return np.ones((self.size, 1))
        if isinstance(basis, Classes):
            own = np.array(basis.levels) == self.stratum.classes[basis.column]
            return np.tile(own.astype(np.float64), (self.size, 1))
        x = self.places[basis.column]
        return evaluate_basis(basis, x, (float(x.min()), float(x.max())))

    def between(
        self, effect: EffectParts, parts: tuple[int, int], traits: tuple[int, int]
    ) -> Quantities:
        """φ_g′ Σ[s, t] φ_h, the covariance among values of two parts for two traits."""
        left, right = (self.loads(effect, part, trait)
                       for part, trait in zip(parts, traits, strict=True))
        return bilinear(self.equations.variances, effect.number, left, right)

    def variance(self, effect: EffectParts, part: int, trait: int) -> Quantities:
        """Variance of a part's values for a trait."""
        return self.between(effect, (part, part), (trait, trait))

    def residual(self, one: int, other: int) -> Quantities:
        """exp(x′b) R[s, t] for two traits."""
        variances, names = self.equations.variances, self.equations.design.residual.names
        each = np.eye(len(self.equations.design.traits))
        left, right = (np.tile(each[trait], (self.size, 1)) for trait in (one, other))
        found = bilinear(variances, len(variances.effects) + self.stratum.residual, left, right)
        if not names:
            return found
        return stretched(found, variances, np.column_stack([self.places[x] for x in names]))

    def total(self, one: int, other: int) -> Quantities:
        """σ(s, t), the phenotypic (co)variance of two traits of a record."""
        found = self.residual(one, other)
        for effect in self.on(one):
            if other not in effect.term.traits:
                continue
            relations = effect.relations
            for g, h in np.argwhere(relations):
                part = self.between(effect, (int(g), int(h)), (one, other))
                found = found + part.times(float(relations[g, h]))
        return found


@dataclass(frozen=True, eq=False)
class Share:
    """What part of the phenotypic variance something has.

    Parameters
    ----------
    parameter : str
        ``heritability``, ``variance_ratio``, ``total_heritability`` or ``repeatability``.
    effect : EffectParts
    parts : tuple of two int
        The same part twice, or offspring and parent.
    values : Quantities
    """

    parameter: str
    effect: EffectParts
    parts: tuple[int, int]
    values: Quantities


def shares(kind: Kind, trait: int) -> Iterator[Share]:
    """Ratios to the phenotypic variance of a trait.

    * heritability, σ²ₐ/σ²p, of every part of an effect whose solutions are breeding values, where
      one of them is that of the recorded individual (:mod:`breedeval.evaluation.ownership`);
    * the variance ratio of every part of another effect;
    * total heritability, (σ²d + 1.5 σdm + 0.5 σ²m)/σ²p, where the individual of one part (d) has
      that of another (m) as a parent (Willham 1963);
    * repeatability, the sum over effects with the same individuals.
    """
    total = kind.total(trait, trait)
    effects = kind.on(trait)
    for effect in effects:
        parameter = "heritability" if trait in effect.heritable else "variance_ratio"
        own = [kind.variance(effect, part, trait) for part in range(len(effect.parts))]
        for part, variance in enumerate(own):
            yield Share(parameter, effect, (part, part), variance.over(total, total))
        for young, old in np.argwhere(effect.parents).tolist():
            covariance = kind.between(effect, (young, old), (trait, trait))
            found = own[young] + covariance.times(1.5) + own[old].times(0.5)
            yield Share("total_heritability", effect, (young, old), found.over(total, total))
        same = [other for other in effects if other is not effect and are_repeated(
            kind.equations.design, trait, effect, other)]
        if effect.additive and same:
            together = own[0]
            for other in same:
                together = together + kind.variance(other, 0, trait)
            yield Share("repeatability", effect, (0, 0), together.over(total, total))
