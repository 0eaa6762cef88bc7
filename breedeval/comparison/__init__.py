"""What moved between two evaluations, and why."""

from breedeval.comparison.compare import Comparison, compare
from breedeval.comparison.likelihood import LikelihoodTest
from breedeval.comparison.limits import Limits, Verdict
from breedeval.comparison.reasons import Reason
from breedeval.comparison.results import Results

__all__ = ["Comparison", "LikelihoodTest", "Limits", "Reason", "Results", "Verdict",
           "compare"]
