"""The command line. Heavy modules are imported inside the commands, so that --help is quick."""

from breedeval.cli.app import entry, main

__all__ = ["entry", "main"]
