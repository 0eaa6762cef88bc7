"""breedeval: genetic evaluation of animals and plants."""

__version__ = "0.1.0"
