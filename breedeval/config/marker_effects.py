"""What is wanted of marker effects, in the words of the run file."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from breedeval.model.form import Name, Part


class MarkerWindows(Part):
    """Windows of neighbouring markers."""

    markers: int = Field(
        20, ge=1, description="Neighbouring markers of one window.", examples=[10])


class BasePairWindows(Part):
    """Windows of a chromosome."""

    base_pairs: int = Field(
        ge=1, description="Length of one window.", examples=[1_000_000])


def _window_form(value: Any) -> str:
    long = isinstance(value, BasePairWindows) or (
        isinstance(value, dict) and "base_pairs" in value)
    return "base_pairs" if long else "markers"


class MarkerEffectSettings(Part):
    """Effects of markers, solved back from the breeding values of an effect."""

    SHORT: ClassVar[str] = "The effect."

    effect: Name = Field(description="Random effect whose relationship is made from markers.",
                         examples=["animal"])
    windows: Annotated[
        Annotated[MarkerWindows, Tag("markers")] | Annotated[BasePairWindows, Tag("base_pairs")],
        Discriminator(_window_form),
    ] = Field(MarkerWindows(), description="Windows whose variances are given: so many "
              "neighbouring markers, or base pairs.", examples=[{"base_pairs": 1_000_000}])
    p_values: Literal["auto", "exact", "none"] = Field(
        "auto", description="Standard errors and p-values; auto: where a factorisation gives them "
        "in reasonable time.", examples=["none"])
    weighted_rounds: int = Field(
        0, ge=0, le=20, description="Rounds in which markers are weighted by their variances of "
        "the round before and breeding values solved anew; p-values are then left out.",
        examples=[2])
    reliability: Literal["exact", "none"] = Field(
        "exact", description="Whether what reliabilities of later predictions need is kept: the "
        "genotypes, packed, and a matrix among the genotyped.", examples=["none"])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``animal`` is ``{effect: animal}``."""
        return {"effect": short}
