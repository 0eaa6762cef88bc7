"""Why values moved: the change of each part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breedeval.comparison import compare
from breedeval.comparison.results import PARTS
from breedeval.comparison.sources import CHANGES
from breedeval.errors import InputError
from breedeval.evaluation import partition
from breedeval.io.comparison import WEIGHTS
from tests.unit.comparison.made import SETTINGS, breeding_values, results

SIZE = 50


def with_parts(seed, *, sex=True):
    """Results whose values are the sum of made-up parts."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(SIZE, len(PARTS)))
    parts[:, PARTS.index("relatives")] = 0.0
    values = breeding_values(parts.sum(axis=1))
    table = values[["effect", "component", "trait", "individual", "breeding_value"]].assign(
        **dict(zip(PARTS, parts.T, strict=True)), **dict.fromkeys(WEIGHTS, 0.25))
    people = pd.DataFrame({
        "individual": values["individual"], "birth_year": [f"{2000 + k // 20}.5" for k in
                                                           range(SIZE)]})
    if sex:
        people["sex"] = ["male", "female", ""][:2] * (SIZE // 2)
    return replace(results(values), partition=table, individuals=people)


def compared(old, new, **options):
    return compare(old, new, old_settings=SETTINGS, new_settings=SETTINGS, **options)


def test_columns_are_those_of_the_table():
    assert PARTS == partition.PARTS
    assert tuple(f"weight_{name}" for name in partition.WEIGHTS) == WEIGHTS


def test_changes_of_the_parts_add_up_to_the_change():
    old, new = with_parts(1), with_parts(2)
    found = compared(old, new)
    assert len(found.moved_most) == 20
    np.testing.assert_allclose(found.moved_most[list(CHANGES)].sum(axis=1),
                               found.moved_most["change"], rtol=0, atol=1e-12)
    first = found.moved_most.iloc[0]
    before, after = (table.partition.set_index("individual")["progeny"][first["individual"]]
                     for table in (old, new))
    assert first["change_progeny"] == pytest.approx(after - before, abs=1e-12)


def test_what_moved_all_of_them():
    found = compared(with_parts(1), with_parts(2)).by_source
    assert "relatives" not in set(found["source"])
    assert found["share"].sum() == pytest.approx(1.0)
    agreement = compared(with_parts(1), with_parts(2)).agreement
    assert found["mean_change"].sum() == pytest.approx(agreement["mean_change"].item())


def test_without_parts_there_are_no_reasons():
    old = replace(with_parts(1), partition=pd.DataFrame())
    found = compared(old, with_parts(2))
    assert found.moved_most[list(CHANGES)].isna().all(axis=None)
    assert found.by_source.empty


def test_means_by_group():
    old, new = with_parts(1), with_parts(2)
    found = compared(old, new, by=["birth_year", "sex"]).by_group
    years = found[found["column"] == "birth_year"]
    assert years["group"].tolist() == ["2000", "2001", "2002"]
    assert years["individuals"].tolist() == [20, 20, 10]
    one, other = (table.breeding_values["breeding_value"][:20] for table in (old, new))
    first = years.iloc[0]
    assert first["mean_change"] == pytest.approx((other - one).mean())
    assert first["sd_new"] == pytest.approx(other.std())
    assert first["correlation"] == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert set(found[found["column"] == "sex"]["group"]) == {"male", "female"}


def test_a_column_may_be_in_the_old_run_only():
    found = compared(with_parts(1), with_parts(2, sex=False), by=["sex"]).by_group
    assert found["individuals"].sum() == SIZE


def test_columns_that_make_no_groups():
    with pytest.raises(InputError, match=r"no column 'sexx'.*Did you mean 'sex'"):
        compared(with_parts(1), with_parts(2), by=["sexx"])
    new = with_parts(2)
    new = replace(new, individuals=new.individuals.assign(
        tag=[f"t{k}" for k in range(SIZE)]))
    assert len(compared(with_parts(1), new, by=["tag"]).by_group) == SIZE
    bare = replace(with_parts(1), individuals=pd.DataFrame())
    with pytest.raises(InputError, match="The runs wrote none"):
        compared(bare, bare, by=["sex"])
