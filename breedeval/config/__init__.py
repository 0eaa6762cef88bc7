"""The run file: read with every fault at its line, written as understood, and described."""

from breedeval.config.canonical import plain_settings, understood
from breedeval.config.load import LoadedRun, load, load_values
from breedeval.config.reference import reference_markdown
from breedeval.config.schema import json_schema
from breedeval.config.settings import RunSettings
from breedeval.config.starter import starter

__all__ = [
    "LoadedRun", "RunSettings", "json_schema", "load", "load_values", "plain_settings",
    "reference_markdown", "starter", "understood",
]
