"""The run file as checked values: one frozen class for each of its parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from breedeval.model.spec import Model, Name, Part
from breedeval.relationship.settings import BUILT_IN, RelationshipSettings

Matrix = tuple[tuple[float, ...], ...]
Covariance = Annotated[float, Field(ge=0)] | Matrix

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class RecordsSettings(Part):
    """Where the records are."""

    file: Path = Field(description=".csv, .tsv, .txt (blank-separated) or .parquet; also .gz.")
    missing: tuple[str, ...] = Field(
        ("", "NA"), description="Cells that mean missing. 0 is a value unless listed here.")


class PedigreeColumns(Part):
    """Names (or 1-based positions, in a file without a header line) of the pedigree's columns."""

    individual: str | int | None = None
    sire: str | int | None = None
    dam: str | int | None = None
    sex: str | int | None = None
    birth: str | int | None = Field(None, description="Year or ISO date of birth.")
    group: str | int | None = Field(None, description="Group of both unknown parents.")
    sire_group: str | int | None = Field(None, description="Group of an unknown sire.")
    dam_group: str | int | None = Field(None, description="Group of an unknown dam.")
    selfings: str | int | None = Field(
        None, description="Generations of selfing after the cross (inbred lines).")
    clone_of: str | int | None = Field(
        None, description="The individual whose genotype this one shares.")


class PedigreeSettings(Part):
    """Where the pedigree is and how to read it."""

    file: Path = Field(description="One line an individual, in any order.")
    columns: PedigreeColumns = Field(
        PedigreeColumns(), description="Only when the headers are not standard.")
    unknown: tuple[str, ...] = Field(
        ("", "0", "NA"), description="Codes of an unknown parent.")
    groups: tuple[str, ...] = Field(
        (), description="Codes in the parent columns that are unknown-parent groups.")
    selfing: bool = Field(
        False, description="Whether an individual may be both sire and dam, as in plants.")
    prune: bool = Field(
        False, description="Keep only individuals with records and their ancestors.")


class SolveSettings(Part):
    """How the equations are solved."""

    method: Literal["auto", "cholesky", "lu", "pcg"] = Field(
        "auto", description="auto chooses from the forecast and says why.")
    tolerance: float = Field(1e-10, gt=0, lt=1, description=(
        "Iterative solver: ‖b − Cx‖ / ‖b‖ at which it stops (not squared)."))
    max_iterations: int = Field(5000, gt=0, description="Iterative solver: most rounds.")
    reliability: Literal["exact", "none"] = Field(
        "exact", description="exact: prediction error variances from the selected inverse.")
    threads: int = Field(0, ge=0, description="0: all cores of the machine.")
    memory_limit: int | None = Field(
        None, description="Such as 16 GB; a run whose forecast is above is refused.")

    @field_validator("memory_limit", mode="before")
    @classmethod
    def _bytes(cls, value: Any) -> Any:
        if isinstance(value, str):
            match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]B)\s*", value, re.IGNORECASE)
            if not match:
                raise ValueError("write a number and KB, MB, GB or TB, such as 16 GB")
            return int(float(match[1]) * _UNITS[match[2].upper()])
        return value


class OutputSettings(Part):
    """Where the results go."""

    directory: Path | None = Field(
        None, description="Results folder; results/<name of the run file> when absent.")
    format: Literal["csv", "parquet"] = Field("csv", description="Format of the tables.")


class RunSettings(Part):
    """One run: what is read, the model, the variances, how it is solved, where results go."""

    title: str = Field("", description="Heading of the report.")
    records: RecordsSettings
    pedigree: PedigreeSettings | None = None
    model: Model
    relationships: dict[Name, RelationshipSettings] = Field(
        {}, description="Only for relationships that need options.")
    variances: dict[Name, Covariance] = Field(description=(
        "A variance, or a covariance matrix over the components, for every random effect and for "
        "'residual'."))
    solve: SolveSettings = SolveSettings()
    output: OutputSettings = OutputSettings()

    @field_validator("variances", mode="before")
    @classmethod
    def _estimation(cls, value: Any) -> Any:
        if value in ("reml", "ml") or (isinstance(value, dict) and "method" in value):
            raise ValueError("estimating variances is not supported yet; give values")
        return value

    @model_validator(mode="after")
    def _whole(self) -> RunSettings:
        problems = [*self._unknown_relationships(), *self._variance_names()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def relationship(self, name: str) -> RelationshipSettings:
        """Settings of a relationship by the name used in the model."""
        return self.relationships.get(name) or BUILT_IN[name]

    def _unknown_relationships(self) -> list[str]:
        known = [*self.relationships, *BUILT_IN]
        problems = [
            f"effect '{effect.name}' uses relationship '{effect.relationship}', which is neither "
            f"built in nor under 'relationships' (known: {', '.join(dict.fromkeys(known))})"
            for effect in self.model.random if effect.relationship not in known]
        uses = [effect.relationship for effect in self.model.random
                if effect.relationship in known
                and self.relationship(effect.relationship).kind == "numerator"]
        if uses and self.pedigree is None:
            problems.append(f"relationship '{uses[0]}' needs a pedigree: add 'pedigree: file:'")
        return problems

    def _variance_names(self) -> list[str]:
        wanted = [effect.name for effect in self.model.random] + ["residual"]
        missing = [f"'variances' has no value for '{name}'" for name in wanted
                   if name not in self.variances]
        extra = [f"'variances' names '{name}', which is no random effect of the model"
                 for name in self.variances if name not in wanted]
        return missing + extra
