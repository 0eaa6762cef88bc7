"""Likelihood-ratio test between two evaluations of the same observations.

2ΔL = 2(L₁ − L₀) of a model and a special case of it is, when the special case is true, distributed
as χ² with as many degrees of freedom as parameters are freed, where these may go either way; with k
variances that can only grow from 0, as the mixture Σᵢ C(k, i) 2⁻ᵏ χ²_{m+i} with m other parameters
(Self & Liang 1987; Stram & Lee 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from scipy.special import chdtrc

from breedeval.comparison.fitted import Fitted, fitted
from breedeval.comparison.nesting import Nesting, nest, same_fixed
from breedeval.comparison.results import Results
from breedeval.comparison.structures import NotNestedError
from breedeval.variance.boundary import mixture_p_value

Relation = Literal["nested", "same model", "not nested", "not comparable", "given"]

ROUNDING = 1e-6
"""Difference of log-likelihoods, per unit of their size, that stopping early can make."""

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class LikelihoodTest:
    """What the likelihoods of two evaluations say of their models.

    Parameters
    ----------
    relation : {'nested', 'same model', 'not nested', 'not comparable', 'given'}
        ``given`` where neither estimated its variances.
    why : str
        Why there is no test, or why likelihoods cannot be compared; empty for nested models.
    smaller, larger : str or None
        The folders of nested models.
    freed : tuple of str
        What the larger model has that the smaller has not.
    statistic : float or None
        2ΔL.
    degrees_of_freedom : int or None
        Parameters more.
    distribution : str
        Of the statistic if the smaller model is true, such as ``½χ²₀ + ½χ²₁``.
    p_value : float or None
        By that distribution; None where it is not known.
    p_value_chi2 : float or None
        By χ² with ``degrees_of_freedom``, as if nothing were on a boundary.
    aic_change, bic_change : float or None
        New minus old; None where they cannot be compared.
    notes : tuple of str
        What to keep in mind.
    """

    relation: Relation
    why: str = ""
    smaller: str | None = None
    larger: str | None = None
    freed: tuple[str, ...] = ()
    statistic: float | None = None
    degrees_of_freedom: int | None = None
    distribution: str = ""
    p_value: float | None = None
    p_value_chi2: float | None = None
    aic_change: float | None = None
    bic_change: float | None = None
    notes: tuple[str, ...] = ()


def compare_likelihoods(
    old: Results, new: Results, old_settings: Mapping[str, Any], new_settings: Mapping[str, Any]
) -> LikelihoodTest:
    """Compare the likelihoods of two evaluations, by a test where their models are nested."""
    one, other = fitted(old, old_settings), fitted(new, new_settings)
    if one is not None and other is not None and not (one.estimated or other.estimated):
        return LikelihoodTest("given", "Neither estimated its variances: there is nothing to test.")
    if one is None or other is None:
        label = old.label if one is None else new.label
        return LikelihoodTest("not comparable", (
            f"The model of {label} cannot be read: another version of the program wrote it. Run "
            "it again."))
    why = next(_obstacles(one, other), None)
    if why is not None:
        return LikelihoodTest("not comparable", why)
    try:
        found = _test(*_ordered(one, other))
    except NotNestedError as error:
        found = LikelihoodTest("not nested", f"{str(error)[0].upper()}{str(error)[1:]}.")
    if found.relation == "not comparable":
        return found
    return replace(found, aic_change=_change(one.aic, other.aic),
                   bic_change=_change(one.bic, other.bic))


def _obstacles(one: Fitted, other: Fitted) -> Iterator[str]:
    """Why the two likelihoods say nothing about each other."""
    for run in (one, other):
        if run.log_likelihood is None:
            yield (f"{run.label} has no log-likelihood: solve it with a direct method, such as "
                   "'solve: method: cholesky'.")
        elif not run.converged:
            yield f"{run.label} did not converge, so its likelihood is not the highest."
    if one.records is None or one.records != other.records:
        yield "They were fitted to different files of records."
    if one.observations is None or other.observations is None:
        yield "An older version wrote one of the folders; run it again."
    if one.observations != other.observations:
        yield ("They used different observations of the file: other traits, or records that one "
               "of the models had to leave out.")
    if one.likelihood != other.likelihood:
        yield (f"{one.label} has a likelihood of '{one.likelihood}', {other.label} of "
               f"'{other.likelihood}'; estimate both by the same.")
    if one.likelihood == "reml" and not (
            same_fixed(one.model, other.model) and one.groups == other.groups
            and one.fixed_rank == other.fixed_rank):
        yield ("Their fixed effects (or groups) differ, and restricted likelihoods of different "
               "fixed effects are of different data. Estimate both with 'variances: ml'.")


def _ordered(one: Fitted, other: Fitted) -> tuple[Fitted, Fitted, Nesting]:
    """The smaller, the larger, and how the one lies in the other; the old one first if equal."""
    if _size(one) > _size(other):
        one, other = other, one
    try:
        return one, other, nest(one, other)
    except NotNestedError:
        if _size(one) < _size(other):
            raise
        return other, one, nest(other, one)


def _size(run: Fitted) -> int:
    return run.fixed_rank + run.parameters


def _test(small: Fitted, large: Fitted, nesting: Nesting) -> LikelihoodTest:
    """The test of nested models."""
    assert small.log_likelihood is not None
    assert large.log_likelihood is not None
    freedom = _size(large) - _size(small)
    freed = (*(part.words for part in nesting.freed),
             *(f"fixed effect '{name}'" for name in nesting.fixed))
    statistic = 2 * (large.log_likelihood - small.log_likelihood)
    unseen = 2 * ROUNDING * max(abs(large.log_likelihood), 1.0)
    if freedom == 0 and freed and abs(statistic) > unseen:
        return LikelihoodTest("not nested", (
            f"{large.label} has what {small.label} has not ({'; '.join(freed)}), with as many "
            "parameters: the one allows what the other cannot."))
    if freedom == 0:
        return LikelihoodTest(
            "same model", "The two models are the same, or written in another way.",
            small.label, large.label, freed, statistic, 0)
    if statistic < -unseen:
        return LikelihoodTest("not comparable", (
            f"The likelihood of {large.label} is lower than that of {small.label}, its special "
            f"case (2ΔL = {statistic:.3g}): it is not at its maximum. Start it from the estimates "
            "of the other."))
    variances = sum(part.variances for part in nesting.freed)
    known = all(part.certainty != "unknown" for part in nesting.freed) and variances <= freedom
    return LikelihoodTest(
        "nested", "", small.label, large.label, freed, max(statistic, 0.0), freedom,
        distribution=mixture(variances, freedom - variances) if known else "not known",
        p_value=mixture_p_value(statistic, variances, freedom - variances) if known else None,
        p_value_chi2=float(chdtrc(freedom, max(statistic, 0.0))),
        notes=tuple(_notes(small, large, nesting)))


def mixture(variances: int, others: int) -> str:
    """The distribution in words: ``½χ²₀ + ½χ²₁``, ``¼χ²₀ + ½χ²₁ + ¼χ²₂``, …"""
    def chi(freedom: int) -> str:
        return "χ²" + str(freedom).translate(SUBSCRIPTS)

    if variances == 0:
        return chi(others)
    if variances == 1:
        return f"½{chi(others)} + ½{chi(others + 1)}"
    if variances == 2:
        return f"¼{chi(others)} + ½{chi(others + 1)} + ¼{chi(others + 2)}"
    return f"Σ C({variances}, i)/2{_raised(variances)} χ² with {others} + i degrees of freedom"


def _raised(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _notes(small: Fitted, large: Fitted, nesting: Nesting) -> Iterator[str]:
    """What to keep in mind about a p-value."""
    kinds = {part.certainty for part in nesting.freed}
    if "unknown" in kinds:
        yield ("Under the smaller model some parameters of the larger one (loadings, "
               "correlations) have no meaning, and the statistic has no known distribution; "
               "p_value_chi2 tends to be too small. Compare AIC and BIC.")
    elif "bound" in kinds:
        yield ("A matrix of several new variances is on the boundary: the mixture given is an "
               "upper limit, so that the true p-value is no larger.")
    elif sum(part.variances for part in nesting.freed) > 1:
        yield "The mixture takes the estimates of the new variances as independent."
    at = sorted(name for name, status in small.statuses.items() if status == "boundary")
    if at:
        yield f"{', '.join(at)} of {small.label} is on its boundary: the p-value is approximate."
    bound = sorted(name for run in (small, large) for name, status in run.statuses.items()
                   if status == "bound")
    if bound:
        yield f"{', '.join(bound)} is at a bound of the run file: the p-value is approximate."
    if nesting.fixed:
        yield ("A likelihood ratio of fixed effects finds too many of them in small data; "
               "fixed_tests.csv has F tests.")


def _change(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else new - old
