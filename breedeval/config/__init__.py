"""The run file: read with every fault at its line, written as understood, and described."""

from breedeval.config.canonical import plain_settings, understood
from breedeval.config.load import LoadedRun, load, load_values
from breedeval.config.plan import Plan, PlannedRun, load_plan
from breedeval.config.reference import plan_markdown, reference_markdown
from breedeval.config.schema import json_schema, plan_schema
from breedeval.config.settings import RunSettings
from breedeval.config.starter import starter

__all__ = [
    "LoadedRun", "Plan", "PlannedRun", "RunSettings", "json_schema", "load", "load_plan",
    "load_values", "plain_settings", "plan_markdown", "plan_schema", "reference_markdown",
    "starter", "understood",
]
