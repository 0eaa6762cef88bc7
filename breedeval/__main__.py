"""``python -m breedeval``."""

from breedeval.cli import main

main()
