"""The run file as checked values: one frozen class for each of its parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from breedeval.config.checks import (
    marker_effect_misfits,
    relationship_misfits,
    table_misfits,
)
from breedeval.config.folds import Folds
from breedeval.config.genotype_settings import GenotypeSettings
from breedeval.config.marker_effects import MarkerEffectSettings
from breedeval.config.validated import validation_misfits
from breedeval.config.values import constraint_misfits, variance_misfits
from breedeval.model.form import Labels, Misfit, Name, Names, Part, refuse
from breedeval.model.spec import Model, RandomEffect
from breedeval.relationship.kind import RelationshipKind
from breedeval.relationship.settings import RelationshipSettings, kind_of_relationship
from breedeval.selection.settings import SelectionSettings, TrendSettings

Matrix = tuple[tuple[float, ...], ...]


def _covariance_form(value: Any) -> str:
    if isinstance(value, dict):
        return "classes"
    return "matrix" if isinstance(value, (list, tuple)) else "number"


Number = Annotated[float, Tag("number")]
Variance = Annotated[Number, Field(json_schema_extra={"exclusiveMinimum": 0})]
Rows = Annotated[Matrix, Tag("matrix")]
OfClass = Annotated[Number | Rows, Discriminator(_covariance_form)]
"""A variance or covariance matrix of a class of residuals; or the slope of a covariate."""

Given = Annotated[
    Variance | Rows | Annotated[dict[str, OfClass], Tag("classes")],
    Discriminator(_covariance_form),
]
"""A variance, or a covariance matrix as rows, or one for each class of residuals."""

ColumnReference = Annotated[int, Field(ge=1)] | Name | None
"""Name of a column, or its position from 1 in a file without a header line."""

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = r"^\s*\d+(\.\d+)?\s*[KMGTkmgt][Bb]\s*$"


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not re.match(_SIZE, value):
        raise ValueError("expected a number and KB, MB, GB or TB, such as 16 GB")
    amount, unit = value.strip()[:-2], value.strip()[-2:]
    return int(float(amount) * _UNITS[unit.upper()])


Bytes = Annotated[
    int,
    BeforeValidator(_bytes, json_schema_input_type=Annotated[int, Field(gt=0)] | Annotated[
        str, Field(pattern=_SIZE)]),
]
"""A size in bytes; ``16 GB`` is 16 × 10⁹."""


class RecordsSettings(Part):
    """Where the records are."""

    file: Path = Field(
        description="Table of records: .csv, .tsv, .txt (blank-separated) or .parquet; also .gz.",
        examples=["data/records.csv"])
    missing: Labels = Field(
        ("", "NA"), description="Cells that mean missing. 0 is a value unless listed here.",
        examples=[["", "NA", "-9"]])


class PedigreeColumns(Part):
    """Names (or 1-based positions, in a file without a header line) of the pedigree's columns."""

    individual: ColumnReference = Field(
        None, description="Identifier of the individual.", examples=["id"])
    sire: ColumnReference = Field(None, description="Its sire.", examples=["father"])
    dam: ColumnReference = Field(None, description="Its dam.", examples=["mother"])
    sex: ColumnReference = Field(None, description="Its sex.", examples=["sex"])
    birth: ColumnReference = Field(
        None, description="Year or ISO date of birth.", examples=["born"])
    group: ColumnReference = Field(
        None, description="Group of both unknown parents.", examples=["origin"])
    sire_group: ColumnReference = Field(
        None, description="Group of an unknown sire.", examples=["sire_origin"])
    dam_group: ColumnReference = Field(
        None, description="Group of an unknown dam.", examples=["dam_origin"])
    selfings: ColumnReference = Field(
        None, description="Generations of selfing after the cross (inbred lines).",
        examples=["selfed"])
    clone_of: ColumnReference = Field(
        None, description="The individual whose genotype this one shares.", examples=["clone"])

    @model_validator(mode="after")
    def _distinct(self) -> PedigreeColumns:
        roles = [("individual", self.individual), ("sire", self.sire), ("dam", self.dam)]
        refuse(Misfit((role,), f"'{role}' and '{other}' are the same column '{column}'",
                      "Expected a column for each", "Correct one of them")
               for at, (role, column) in enumerate(roles) if column is not None
               for other, earlier in roles[:at] if earlier == column)
        return self


class PedigreeSettings(Part):
    """Where the pedigree is and how to read it."""

    file: Path = Field(
        description="One line an individual, in any order: .csv, .tsv, .txt or .parquet; also .gz.",
        examples=["data/pedigree.csv"])
    columns: PedigreeColumns = Field(
        PedigreeColumns(), description="Only when the headers are not standard.",
        examples=[{"individual": "id", "sire": "father", "dam": "mother"}])
    unknown: Labels = Field(
        ("", "0", "NA"), description="Codes of an unknown parent.", examples=[["", "0", "UNKN"]])
    groups: Labels = Field(
        (), description="Codes in the parent columns that are unknown-parent groups.",
        examples=[["G1", "G2"]])
    selfing: bool = Field(
        False, description="Whether an individual may be both sire and dam, as in plants.",
        examples=[True])
    prune: bool = Field(
        False, description="Keep only individuals with records and their ancestors.",
        examples=[True])


class Estimation(Part):
    """How variances are estimated."""

    SHORT: ClassVar[str] = "The method (reml or ml)"
    WORDS: ClassVar[tuple[str, ...]] = ("reml", "ml")
    UNSAID: ClassVar[frozenset[str]] = frozenset(
        {"start", "fix", "tie", "bound", "engine", "profile"})

    method: Literal["reml", "ml"] = Field(
        description="reml: restricted maximum likelihood; ml: maximum likelihood.",
        examples=["reml"])
    start: dict[Name, Given] = Field(
        {}, description="Where to start, for any of the effects; from the data for the others.",
        examples=[{"animal": 3, "residual": 4}])
    fix: Names = Field(
        (), description="Effects, or single parameters, that stay at their start.",
        examples=[["residual"]])
    tie: tuple[Names, ...] = Field(
        (), description="Sets of parameters that are equal.", examples=[[["litter", "pen"]]])
    bound: dict[Name, tuple[float, float]] = Field(
        {}, description="Ends between which parameters stay.", examples=[{"animal": [0.1, 10]}])
    engine: Literal["auto", "equations", "covariance", "spectral"] = Field(
        "auto", description="Form of the likelihood: Henderson's equations; V itself, or turned "
        "to a band, for genomic and supplied relationships. All give the same estimates.",
        examples=["spectral"])
    algorithm: Literal["auto", "ai", "em"] = Field(
        "auto", description="ai: average information; em: expectation-maximisation; auto: average "
        "information, after a round of (parameter-expanded) EM where it would leave the parameter "
        "space.", examples=["ai"])
    max_rounds: int = Field(200, gt=0, description="Most rounds.", examples=[50])
    tolerance: float | None = Field(
        None, gt=0, lt=1, description="Gain in log-likelihood expected of the next round at which "
        "it stops; 1e-10 when absent, and 1e-6 for algorithm em.", examples=[1e-10])
    profile: Names = Field(
        (), description="Parameters of which the likelihood profile and its 95 % confidence "
        "interval are wanted.", examples=[["animal"]])
    tests: Literal["auto", "kenward_roger", "satterthwaite", "residual", "none"] = Field(
        "auto", description="Denominator degrees of freedom of the F tests of fixed effects.",
        examples=["satterthwaite"])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``reml`` is ``{method: reml}``."""
        return {"method": short}

    @model_validator(mode="after")
    def _constraints(self) -> Estimation:
        refuse(constraint_misfits(self.tie, self.bound))
        return self


def _variance_form(value: Any) -> str:
    if isinstance(value, (str, Estimation)) or (isinstance(value, dict) and "method" in value):
        return "estimation"
    return "values"


class SolveSettings(Part):
    """How the equations are solved."""

    method: Literal["auto", "cholesky", "cholmod", "lu", "pcg"] = Field(
        "auto", description="auto chooses from the forecast and says why.", examples=["pcg"])
    tolerance: float = Field(1e-10, gt=0, lt=1, description=(
        "Iterative solver: ‖b − Cx‖ / ‖b‖ at which it stops (not squared)."), examples=[1e-12])
    max_iterations: int = Field(
        5000, gt=0, description="Iterative solver: most rounds.", examples=[2000])
    reliability: Literal["exact", "none"] = Field(
        "exact", description="exact: prediction error variances from the selected inverse.",
        examples=["none"])
    threads: int = Field(0, ge=0, description="0: all cores of the machine.", examples=[2])
    start: Path | None = Field(
        None, description="Iterative solver: results folder of an earlier run whose solutions it "
        "starts from; what is the same effect, component, trait and level starts where it was.",
        examples=["../results/last_month"])
    memory_limit: Bytes | None = Field(
        None, gt=0, description="Bytes, or a size such as 16 GB; a run whose forecast is above it "
        "is refused.", examples=["16 GB"])


class OutputSettings(Part):
    """Where the results go."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"pages", "tables", "unexplained"})

    directory: Path | None = Field(
        None, description="Results folder; results/<name of the run file>, beside the run file, "
        "when absent.", examples=["../results/milk"])
    format: Literal["csv", "parquet"] = Field(
        "csv", description="Format of the tables.", examples=["parquet"])
    residuals: bool | None = Field(
        None, description="Whether residuals are written, with what tells outliers and influence; "
        "when absent, of up to 200,000 observations.", examples=[True])
    pages: bool = Field(
        False, description="Whether every selected sire has a page of its own, to be printed.",
        examples=[True])
    partition: bool | None = Field(
        None, description="Whether the parts of every breeding value are written: parents, "
        "records, progeny, genotype; when absent, of up to 200,000 breeding values.",
        examples=[True])
    tables: tuple[Literal["deregressed_proofs", "yield_deviations"], ...] = Field(
        (), description="Tables for onward use: deregressed proofs with weights; yield deviations "
        "of individuals and of their progeny.", examples=[["deregressed_proofs"]])
    unexplained: float = Field(
        0.0, ge=0, le=1, description="Share of the genetic variance that the markers of a later "
        "analysis do not explain, in the weights of deregressed proofs.", examples=[0.4])


Variances = Annotated[
    Annotated[Estimation, Tag("estimation")] | Annotated[dict[Name, Given], Tag("values")],
    Discriminator(_variance_form),
]
"""How variances are estimated, or their values."""


def _random_alone(value: Any) -> Any:
    return {"random": value} if isinstance(value, (list, tuple)) else value


class ValidationModel(Part):
    """Random effects of a model that is validated, instead of those of the run."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"variances"})

    random: tuple[RandomEffect, ...] = Field(
        min_length=1, description="Random effects.",
        examples=[[{"name": "line", "column": "id", "relationship": "genomic"}]])
    variances: Variances | None = Field(
        None, description="Its variances; as the run's when absent.", examples=["reml"])


class ValidationSettings(Part):
    """Predictions of hidden phenotypes, compared with them and with predictions from all records.
    """

    folds: Folds = Field(description=(
        "Number of random folds of individuals; or {by: column}, its classes left out one at a "
        "time; or {forward: column, since: start}."),
        examples=[5, {"by": "family"}, {"forward": "birth_year", "since": 2020}])
    repeats: int = Field(
        1, ge=1, description="Times that random folds are made anew.", examples=[10])
    seed: int = Field(1, ge=0, description="Of random folds and of the intervals.", examples=[7])
    effects: Names | None = Field(
        None, min_length=1, description="Effects whose sum is the prediction; when absent, those "
        "with a relationship among individuals, on the column of the first of them.",
        examples=[["animal"]])
    traits: Names | None = Field(
        None, min_length=1, description="Traits that are hidden and predicted; all when absent.",
        examples=[["yield"]])
    models: dict[Name, Annotated[
        ValidationModel,
        BeforeValidator(_random_alone,
                        json_schema_input_type=ValidationModel | tuple[RandomEffect, ...]),
    ]] = Field(
        {}, description="Models that are compared on the same folds, by names of your own; the "
        "run's own model when absent.",
        examples=[{"genomic": [{"name": "line", "column": "id", "relationship": "genomic"}]}])
    variances: Literal["training", "whole"] = Field(
        "training", description="Where variances are estimated: training, for every fold from its "
        "own records; whole, once from all.", examples=["whole"])
    bootstrap: int = Field(
        1000, ge=0, description="Samples of individuals for intervals; 0: none.", examples=[200])


class RunSettings(Part):
    """One run: what is read, the model, the variances, how it is solved, where results go."""

    title: str = Field("", description="Heading of the report.", examples=["Milk yield 2026"])
    records: RecordsSettings = Field(
        description="Where the records are.", examples=[{"file": "data/records.csv"}])
    pedigree: PedigreeSettings | None = Field(
        None, description="Where the pedigree is; needed when an effect uses it.",
        examples=[{"file": "data/pedigree.csv"}])
    genotypes: GenotypeSettings | None = Field(
        None, description="Where the genotypes are; needed when an effect uses them.",
        examples=[{"file": "data/chip.bed"}])
    model: Model = Field(
        description="Trait, fixed effects, weights and random effects.",
        examples=[{"traits": "milk", "fixed": ["herd"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]}])
    relationships: dict[Name, RelationshipSettings] = Field(
        {}, description="Only for relationships that need options, by the name used in the model.",
        examples=[{"pedigree": {"kind": "numerator", "inbreeding": True}}])
    variances: Variances = Field(description=(
        "reml or ml to estimate them; or a variance, or a covariance matrix (as rows, component by "
        "component with the traits within, in the order of the file), for every random effect and "
        "for 'residual'."),
        examples=["reml", {"animal": 0.3, "residual": 0.7},
                  {"genetic": [[150, -40], [-40, 90]], "residual": 350}])
    solve: SolveSettings = Field(
        SolveSettings(), description="How the equations are solved.",
        examples=[{"method": "pcg", "tolerance": 1e-12}])
    validation: ValidationSettings | None = Field(
        None, description="Predictions of hidden phenotypes, compared with them.",
        examples=[{"folds": 5}])
    marker_effects: MarkerEffectSettings | None = Field(
        None, description="Effects of markers: for association, and to predict others.",
        examples=["animal"])
    selection: SelectionSettings | None = Field(
        None, description="Decisions: an index, who is selected, how much each is used, matings.",
        examples=[{"index": {"weights": {"milk": 1}}, "select": {"females": 200, "males": 20}}])
    trend: TrendSettings | None = Field(
        None, description="Genetic trends, and the base that breeding values are told against.",
        examples=[{"by": "birth_year", "base": {"birth_year": 2015}}])
    output: OutputSettings = Field(
        OutputSettings(), description="Where the results go.",
        examples=[{"directory": "../results/milk"}])

    @model_validator(mode="after")
    def _whole(self) -> RunSettings:
        refuse([*relationship_misfits(
                    self.model, self.relationships, self.pedigree, self.genotypes),
                *variance_misfits(self.model, self.variances, self.solve.method),
                *validation_misfits(
                    self.validation, self.model, self.variances, self.relationships,
                    self.pedigree, self.genotypes, self.solve.method),
                *marker_effect_misfits(self.marker_effects, self.model, self.relationships),
                *table_misfits(self.output.tables, self.solve.method, self.solve.reliability)])
        return self

    @property
    def effects(self) -> tuple[RandomEffect, ...]:
        """Random effects of the model and of those that are validated beside it."""
        models = self.validation.models.values() if self.validation is not None else ()
        return (*self.model.random, *(effect for one in models for effect in one.random))

    def relationship(self, name: str) -> RelationshipKind:
        """Settings of a relationship by the name used in the model."""
        return kind_of_relationship(name, self.relationships)
