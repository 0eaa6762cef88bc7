"""Many runs from one plan."""

from breedeval.workflow.batch.batch import Wishes, run_batch
from breedeval.workflow.batch.preview import preview

__all__ = ["Wishes", "preview", "run_batch"]
