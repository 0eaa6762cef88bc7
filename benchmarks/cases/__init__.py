"""Data and models that breedeval and other programs are both given."""
