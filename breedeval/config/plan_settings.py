"""The plan of a batch as checked values: its runs, and what they take from each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from breedeval.comparison.limits import Limits
from breedeval.config.settings import Bytes
from breedeval.model.form import Labels, Name, Names, Part

PREVIOUS = "previous"
"""In the place of a run: its own results of the last batch."""


class PlanRun(Part):
    """One run, or several that differ in what stands for their placeholders."""

    run: Path = Field(description="The run file.", examples=["milk.yaml"])
    set: dict[Name, Any] = Field(
        {}, description="Values of the run file replaced, as by --set: a key path and its value. "
        "Paths are relative to the plan.",
        examples=[{"model.traits": "<trait>", "solve.method": "pcg"}])
    each: dict[Name, Labels] | tuple[dict[Name, str], ...] = Field(
        {}, description="Placeholders with their values: a run for every combination. As a list, a "
        "run for each of its items. '<trait>' stands for the value of 'trait' in the name and "
        "everywhere in the run.",
        examples=[{"trait": ["milk", "fat"]}, [{"breed": "HOL", "herds": "holstein.csv"}]])
    after: Names = Field(
        (), description="Runs that must be done before. A name with placeholders stands for all "
        "its runs.", examples=[["variances_<trait>"]])
    variances_from: Name | None = Field(
        None, description="Run whose variances this one takes for known.",
        examples=["variances_<trait>"])
    start_from: Name | None = Field(
        None, description="Where to begin: at the solutions, and for variances that are estimated "
        "at the variances, of another run; or of this one in the last batch: previous. Saves "
        "rounds, moves no result beyond the tolerance.", examples=[PREVIOUS])


class PlanSettings(Part):
    """A batch: runs, where they go, and what they may use together."""

    title: str = Field("", description="Heading of the summary.", examples=["Dairy, monthly"])
    output: Path = Field(
        description="Folder of the batch; every run has a folder in it, by its name.",
        examples=["../results/monthly"])
    jobs: int = Field(
        1, ge=1, description="Runs at the same time, each with its share of the cores.",
        examples=[4])
    memory_limit: Bytes | None = Field(
        None, gt=0, description="Bytes, or a size such as 16 GB, that all runs at the same time "
        "may take by their forecasts; nine tenths of what is free when absent.",
        examples=["16 GB"])
    limits: Limits | None = Field(
        None, description="What may move in a run against its results of last time, as of "
        "'breedeval compare --limits'; a run that moves more is told so, with exit code 4.",
        examples=[{"min_correlation": 0.99}])
    runs: dict[Name, PlanRun] = Field(
        min_length=1, description="The runs, by names of your own.",
        examples=[{"milk": {"run": "milk.yaml"}}])
