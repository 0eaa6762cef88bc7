"""``python -m breedeval``."""

from breedeval.cli import entry

entry()
