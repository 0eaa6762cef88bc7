"""What is to be decided from breeding values, in the words of the run file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from breedeval.model.form import Labels, Misfit, Name, Names, Part, refuse

Weights = dict[Name, float]
"""A number for each of some criteria (traits, or components of them)."""


class IndexSettings(Part):
    """One number for every candidate, from several breeding values or phenotypes.

    A criterion is called by its trait; by ``component:trait`` or ``effect:component:trait`` where
    a trait has several breeding values.
    """

    EITHER: ClassVar[tuple[str, ...]] = ("weights", "smith_hazel", "desired_gains")
    UNSAID: ClassVar[frozenset[str]] = frozenset({
        "weights", "smith_hazel", "desired_gains", "restricted", "information", "alternatives"})

    weights: Weights | None = Field(
        None, min_length=1, description="Economic weights of breeding values: what one more unit "
        "of the trait is worth.", examples=[{"milk": 0.4, "fat": 0.8}])
    smith_hazel: Weights | None = Field(
        None, min_length=1, description="Economic weights of an index of phenotypes, b = P⁻¹Ga.",
        examples=[{"milk": 0.4, "fat": 0.8}])
    desired_gains: Weights | None = Field(
        None, min_length=1, description="Gains that are wanted, in proportion; the weights follow "
        "from them.", examples=[{"milk": 2, "fat": 1}])
    restricted: Names = Field(
        (), description="Criteria that are to stay as they are on average; they need no weight.",
        examples=[["calving_ease"]])
    information: Literal["breeding_values", "phenotypes"] | None = Field(
        None, description="What the index is computed from; phenotypes for smith_hazel, else "
        "breeding_values.", examples=["phenotypes"])
    standardise: bool = Field(
        False, description="Whether weights and gains are per genetic standard deviation.",
        examples=[True])
    alternatives: dict[Name, Weights] = Field(
        {}, description="Other weights by names of your own, whose responses are given beside.",
        examples=[{"more fat": {"milk": 0.2, "fat": 1.2}}])

    @property
    def form(self) -> Literal["weights", "smith_hazel", "desired_gains"]:
        """Which of the three was given."""
        if self.weights is not None:
            return "weights"
        return "smith_hazel" if self.smith_hazel is not None else "desired_gains"

    @property
    def given(self) -> Weights:
        """The weights, or the gains."""
        found = getattr(self, self.form)
        assert found is not None
        return dict(found)

    @property
    def of_phenotypes(self) -> bool:
        """Whether the index is computed from phenotypes."""
        return (self.information or (
            "phenotypes" if self.form == "smith_hazel" else "breeding_values")) == "phenotypes"

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of all criteria, those that are restricted last."""
        return tuple(dict.fromkeys([
            *self.given, *self.restricted,
            *(name for weights in self.alternatives.values() for name in weights)]))

    @model_validator(mode="after")
    def _one(self) -> IndexSettings:
        refuse(_index_misfits(self))
        return self


def _index_misfits(index: IndexSettings) -> list[Misfit]:
    given = [key for key in IndexSettings.EITHER if getattr(index, key) is not None]
    expected = "Expected one of weights, smith_hazel and desired_gains"
    if len(given) != 1:
        found = f"both '{given[0]}' and '{given[1]}' are given" if given else "no weights are given"
        return [Misfit((given[-1],) if given else (), found, expected,
                       "Remove one of them" if given else "Add 'weights:'")]
    found_misfits = []
    if not any(index.given.values()):
        found_misfits.append(Misfit((given[0],), "all weights are 0", "Expected one that is not",
                                    "Give a weight"))
    for path, weights in [((given[0],), index.given), *(
            (("alternatives", name), own) for name, own in index.alternatives.items())]:
        weighted = [name for name, weight in weights.items() if weight]
        if index.form != "desired_gains" and set(weighted) <= {*index.restricted} and weighted:
            found_misfits.append(Misfit(
                path, "all that has a weight is restricted, so that nothing is left to be "
                "selected for", "", "Restrict less, or give another criterion a weight"))
    if index.form == "desired_gains":
        found_misfits += [
            Misfit((key,), f"'{key}' has no use beside 'desired_gains', which say the gain of "
                   "every criterion", "", f"Remove '{key}', or write a gain of 0")
            for key in ("restricted", "alternatives") if getattr(index, key)]
    elif index.form == "smith_hazel" and index.information == "breeding_values":
        found_misfits.append(Misfit(
            ("information",), "'smith_hazel' is an index of phenotypes", "",
            "Write 'weights' for an index of breeding values"))
    return found_misfits


def _path_or_labels(value: Any) -> str:
    return "labels" if isinstance(value, (list, tuple)) else "file"


List = Annotated[
    Annotated[Path, Tag("file")] | Annotated[tuple[str, ...], Tag("labels")],
    Discriminator(_path_or_labels),
]
"""A file with individuals in its first column, or the individuals themselves."""


class CandidateSettings(Part):
    """Who may be selected: individuals with breeding values that meet every condition."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"include", "exclude", "females", "males"})

    where: Labels = Field(
        (), description="Conditions such as birth_year >= 2022, herd in (A, B), not carrier == 1; "
        "on columns of the pedigree, of the records where all records of an individual agree, and "
        "on individual, records, reliability, inbreeding, index and the criteria.",
        examples=[["birth_year >= 2022", "reliability > 0.4"]])
    include: List | None = Field(
        None, description="Only these: a file with individuals in its first column, or a list.",
        examples=["young.csv"])
    exclude: List | None = Field(
        None, description="Not these: a file, or a list.", examples=["culled.csv", ["B104"]])
    females: Labels = Field(
        (), description="Conditions by which an individual of unknown sex is a female.",
        examples=["records > 0"])
    males: Labels = Field(
        (), description="Conditions by which an individual of unknown sex is a male.",
        examples=["individual in (B1, B2)"])


def _number_alone(value: Any) -> Any:
    return {"individuals": value} if isinstance(value, int) else value


class SelectSettings(Part):
    """How many are selected."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"females", "males", "individuals"})

    females: int | None = Field(None, ge=1, description="Females.", examples=[200])
    males: int | None = Field(None, ge=1, description="Males.", examples=[20])
    individuals: int | None = Field(
        None, ge=1, description="Individuals, whatever their sex; a number alone means this.",
        examples=[30])

    @property
    def by_sex(self) -> bool:
        """Whether males and females are selected apart."""
        return self.individuals is None

    @model_validator(mode="after")
    def _some(self) -> SelectSettings:
        sexes = self.females is not None or self.males is not None
        if self.individuals is not None and sexes:
            refuse([Misfit(("individuals",), "a number of individuals is given beside one of a sex",
                           "Expected one or the other", "Remove one of them")])
        if self.individuals is None and not sexes:
            refuse([Misfit((), "no number is given", "Expected females, males, or a number alone",
                           "Say how many are selected")])
        return self


class ContributionSettings(Part):
    """How much the selected are used: the highest genetic level under a limit on coancestry.

    Contributions are shares of the genes of the next generation and sum to one, half of it from
    each sex where there are sexes.
    """

    UNSAID: ClassVar[frozenset[str]] = frozenset({"bounds", "matings"})

    max_coancestry: float | None = Field(
        None, gt=0, lt=1, description="Highest mean coancestry ½c′Ac of the contributions: the "
        "expected inbreeding of progeny when parents are mated at random.", examples=[0.06])
    max_delta_f: float | None = Field(
        None, gt=0, lt=1, description="The same said as a rate: mean coancestry may rise by this "
        "part of its distance from one, above the mean between candidates.", examples=[0.01])
    max_per_candidate: float | None = Field(
        None, gt=0, le=1, description="Highest contribution of one candidate.", examples=[0.05])
    bounds: Path | None = Field(
        None, description="File of individual, minimum and maximum: contributions that must or may "
        "be; equal ones are fixed.", examples=["use.csv"])
    equal_females: bool = Field(
        False, description="Whether all females that are candidates (the selected ones where "
        "'select' has females) contribute the same.", examples=[True])
    relationship: Name | None = Field(
        None, description="Name of the relationship that coancestry is taken from; of the first "
        "effect of the index when absent.", examples=["pedigree"])
    matings: int | None = Field(
        None, ge=1, description="Number of matings in all: contributions are then whole numbers of "
        "them. That of 'mating' when absent.", examples=[400])
    frontier: int = Field(
        15, ge=0, description="Points on the frontier of gain against coancestry; 0: none.",
        examples=[25])

    @model_validator(mode="after")
    def _limit(self) -> ContributionSettings:
        if (self.max_coancestry is None) == (self.max_delta_f is None):
            refuse([Misfit((), "the limit on coancestry is "
                           + ("missing" if self.max_coancestry is None else "given twice"),
                           "Expected one of max_coancestry and max_delta_f",
                           "Give one of them")])
        return self


class MatingSettings(Part):
    """Who is mated to whom."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({
        "matings", "forbidden", "min_per_male", "max_per_pair", "herd", "max_per_herd", "progeny",
        "map"})

    objective: Literal["inbreeding", "index", "usefulness"] = Field(
        "inbreeding", description="What is sought: least mean inbreeding of progeny; the highest "
        "mean index, less 'penalty' for a unit of inbreeding; or that of usefulness, the mean of a "
        "cross's best progeny.", examples=["usefulness"])
    matings: int | None = Field(
        None, ge=1, description="Number of matings in all; when absent, one for each selected "
        "female, or for every two lines where there are no sexes.", examples=[400])
    max_inbreeding: float | None = Field(
        None, gt=0, le=1, description="Highest expected inbreeding of progeny.", examples=[0.0625])
    max_per_male: int | None = Field(
        None, ge=1, description="Most matings of a male; when absent, and there are no "
        "contributions, all are used alike.", examples=[60])
    min_per_male: int | None = Field(
        None, ge=1, description="Least matings of a male.", examples=[5])
    max_per_female: int | None = Field(
        None, ge=1, description="Most matings of a female (of a line, where there are no sexes); "
        "when absent, and there are no contributions, all are used alike.", examples=[2])
    max_per_pair: int | None = Field(
        None, ge=1, description="Most matings of the same two; 1 where there are no sexes, and no "
        "limit where there are.", examples=[3])
    herd: Name | None = Field(
        None, description="Column of the herd, or other place, in which a female is mated.",
        examples=["herd"])
    max_per_herd: int | None = Field(
        None, ge=1, description="Most matings of one male in one herd.", examples=[10])
    avoid: Names = Field(
        (), description="Columns that say who carries what: carriers of the same are not mated.",
        examples=[["carrier_a", "carrier_b"]])
    forbidden: Path | None = Field(
        None, description="File of pairs that are not mated: two columns of individuals.",
        examples=["not_together.csv"])
    penalty: float = Field(
        0, ge=0, description="Index points that a unit of expected inbreeding costs.",
        examples=[20])
    selected_fraction: float = Field(
        0.05, gt=0, lt=1, description="For usefulness: part of a cross's progeny that is selected.",
        examples=[0.1])
    accuracy: float = Field(
        1.0, gt=0, le=1, description="For usefulness: accuracy of selection within a cross; 1 "
        "where its progeny are selected by the effects of markers.", examples=[0.7])
    progeny: Literal["outbred", "doubled_haploid", "recombinant_inbred", "f2"] | None = Field(
        None, description="For usefulness: what is bred from a cross; doubled haploids where there "
        "are no sexes, and the outbred progeny of two parents where there are.",
        examples=["recombinant_inbred"])
    map: Path | None = Field(
        None, description="For usefulness: linkage map, a file with marker, chromosome and "
        "centimorgan.", examples=["linkage.csv"])
    centimorgans_per_megabase: float = Field(
        1.0, gt=0, description="For usefulness: recombination where there is no linkage map.",
        examples=[0.6])

    @model_validator(mode="after")
    def _herds(self) -> MatingSettings:
        if self.max_per_herd is not None and self.herd is None:
            refuse([Misfit(("max_per_herd",), "it is not said which column has the herd", "",
                           "Add 'herd: COLUMN'")])
        if (self.min_per_male or 0) > (self.max_per_male or np.inf):
            refuse([Misfit(("min_per_male",), f"'min_per_male' ({self.min_per_male}) is more than "
                           f"'max_per_male' ({self.max_per_male})", "Expected at most as much",
                           "Lower it")])
        return self


class SelectionSettings(Part):
    """Decisions that follow from the breeding values."""

    index: IndexSettings = Field(
        description="What candidates are ranked by.", examples=[{"weights": {"milk": 1}}])
    candidates: CandidateSettings = Field(
        CandidateSettings(), description="Who may be selected; all when absent.",
        examples=[{"where": ["birth_year >= 2022"]}])
    select: Annotated[SelectSettings, BeforeValidator(
        _number_alone, json_schema_input_type=SelectSettings | int)] | None = Field(
        None, description="How many are selected, by the index; with contributions, how many may "
        "contribute at most.", examples=[{"females": 200, "males": 20}, 30])
    contributions: ContributionSettings | None = Field(
        None, description="How much each is used, under a limit on coancestry; when absent, the "
        "selected of a sex are used alike.", examples=[{"max_coancestry": 0.06}])
    mating: MatingSettings | None = Field(
        None, description="Who is mated to whom.", examples=[{"max_inbreeding": 0.0625}])

    @model_validator(mode="after")
    def _numbers(self) -> SelectionSettings:
        if self.select is None and self.contributions is None and self.mating is not None:
            refuse([Misfit(("mating",), "nobody is selected for the matings",
                           "Expected 'select' or 'contributions'", "Say how many are selected")])
        return self


class TrendSettings(Part):
    """Genetic trends, and the base that breeding values are told against."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"within", "base", "mean", "sd"})

    by: Name = Field(
        description="Column of numbers along which the trend goes: birth_year, generation, or one "
        "that is carried along.", examples=["birth_year"])
    within: Name | None = Field(
        None, description="Column whose classes have trends of their own.", examples=["sex"])
    base: dict[Name, float | str] | Labels | None = Field(
        None, description="Whose mean is the zero point: a value of a column, or conditions as "
        "under 'candidates'.",
        examples=[{"birth_year": 2015}, ["birth_year >= 2014", "sex == F"]])
    mean: float = Field(
        100, description="Mean of the base on the standardised scale.", examples=[0])
    sd: float = Field(
        12, gt=0, description="Standard deviation of the base's breeding values on that scale.",
        examples=[5])
