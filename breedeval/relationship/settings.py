"""What the run file may say of a relationship; one class a kind, joined in one union.

Adding a relationship is one new file beside this one, and one line in the union here and in
:data:`breedeval.relationship.BUILDERS`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentitySettings(_Kind):
    """Independent levels: K = I."""

    kind: Literal["identity"] = Field("identity", description="Which relationship.")


class NumeratorSettings(_Kind):
    """Additive relationship from the pedigree: K = A."""

    kind: Literal["numerator"] = Field("numerator", description="Which relationship.")
    inbreeding: bool = Field(True, description=(
        "Whether Henderson's rules use the inbreeding coefficients. False builds A⁻¹ as some "
        "programs do by default; breeding values of inbred families then differ."),
        examples=[False])
    metafounders: Path | None = Field(None, description=(
        "Table of Γ, the relationships within and among metafounders (a labelled square table). "
        "The pedigree's groups are then metafounders instead of unknown-parent groups."),
        examples=["gamma.csv"])


class SuppliedSettings(_Kind):
    """A matrix the user supplies."""

    kind: Literal["supplied"] = Field("supplied", description="Which relationship.")
    file: Path = Field(description=(
        "A labelled square table, a triplet file (individual, individual, value), or GCTA's "
        "binary GRM (.grm.bin with .grm.id)."), examples=["kinship.csv"])
    layout: Literal["auto", "square", "triplets", "grm"] = Field(
        "auto", description="How the file is laid out; found from its name and columns by default.",
        examples=["triplets"])
    inverse: bool = Field(
        False, description="Whether the file holds the inverse already.", examples=[True])
    ridge: float = Field(
        0.0, ge=0, description="Added to the diagonal before inversion; 0 = as is.",
        examples=[0.01])


RelationshipSettings = Annotated[
    IdentitySettings | NumeratorSettings | SuppliedSettings, Field(discriminator="kind")
]

BUILT_IN: dict[str, IdentitySettings | NumeratorSettings] = {
    "identity": IdentitySettings(),
    "pedigree": NumeratorSettings(),
}
"""Names that need no entry under ``relationships``."""
