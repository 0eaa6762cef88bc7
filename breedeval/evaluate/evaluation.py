from breedeval.evaluation.result import Evaluation  # noqa
