"""The kinds of relationships that a run file may name, joined in one union.

Adding a relationship is one new file with a :class:`~breedeval.relationship.kind.RelationshipKind`
of its own, and one line in the union here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from breedeval.relationship.dominance import DominanceSettings
from breedeval.relationship.epistasis import EpistasisSettings
from breedeval.relationship.genomic import GenomicSettings
from breedeval.relationship.genomic_dominance import GenomicDominanceSettings
from breedeval.relationship.genomic_epistasis import GenomicEpistasisSettings
from breedeval.relationship.identity import IdentitySettings
from breedeval.relationship.kind import RelationshipKind
from breedeval.relationship.marker_effects_settings import MarkerEffectsSettings
from breedeval.relationship.numerator import NumeratorSettings
from breedeval.relationship.partial import PartialSettings
from breedeval.relationship.single_step_settings import SingleStepSettings
from breedeval.relationship.supplied import SuppliedSettings

RelationshipSettings = Annotated[
    IdentitySettings | NumeratorSettings | SuppliedSettings | DominanceSettings
    | EpistasisSettings | GenomicSettings | GenomicDominanceSettings | GenomicEpistasisSettings
    | SingleStepSettings | MarkerEffectsSettings | PartialSettings,
    Field(discriminator="kind"),
]

BUILT_IN: dict[str, RelationshipSettings] = {
    "identity": IdentitySettings(),
    "pedigree": NumeratorSettings(),
    "dominance": DominanceSettings(),
    "genomic": GenomicSettings(),
    "genomic_dominance": GenomicDominanceSettings(),
    "single_step": SingleStepSettings(),
}
"""Names that need no entry under ``relationships``."""


def kind_of_relationship(
    name: str, given: Mapping[str, RelationshipSettings]
) -> RelationshipKind:
    """The relationship of a name: as described in the run file, else the built-in one."""
    return given[name] if name in given else BUILT_IN[name]
