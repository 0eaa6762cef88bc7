"""The summary page of a batch."""

from __future__ import annotations

from typing import Any

from breedeval.report.batch_page import render_batch


def entry(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "run_file": f"{name}.yaml", "directory": name, "needs": [],
            "state": state, "status": "", "why": [], "message": "", "exit_code": 0,
            "started": None, "ended": None, "figures": {}, "forecast_memory_bytes": None,
            "changes": None, **more}


def agreement(**more: Any) -> dict[str, Any]:
    return {"effect": "animal", "component": "animal", "trait": "milk", "common": 100,
            "only_old": 2, "only_new": 5, "correlation": 0.9712, "rank_correlation": 0.968,
            "slope": 1.0, "mean_change": 1e-12, "sd_old": 10.0, "largest_change": 3.21, **more}


def page(*runs: dict[str, Any], **more: Any) -> str:
    counts: dict[str, int] = {}
    for run in runs:
        counts[run["state"]] = counts.get(run["state"], 0) + 1
    return render_batch({
        "title": "", "plan": "/data/monthly.yaml", "state": "complete", "exit_code": 0,
        "started": "2026-11-27T02:30:00+00:00", "ended": "2026-11-27T02:41:00+00:00", "jobs": 2,
        "memory_limit_bytes": 16 * 10**9, "counts": counts, "runs": list(runs), **more})


DONE = entry("milk", "done", status="done", why=["the records changed"],
             started="2026-11-27T02:30:00+00:00", ended="2026-11-27T02:40:00+00:00",
             figures={"seconds": 590.0, "peak_memory_mb": 2100.0, "records": 1000,
                      "heritabilities": [{"parameter": "heritability", "effect": "animal",
                                          "trait_1": "milk", "estimate": 0.31, "se": 0.02}]},
             changes={"agreement": [agreement()], "reasons": ["The input 'records' changed."],
                      "more_reasons": 2})


def test_the_page_tells_states_figures_and_changes() -> None:
    text = page(DONE, entry("fat", "up to date", status="done", figures={"seconds": 3.0}))
    assert "2 runs of monthly.yaml: 1 done and 1 up to date; 27 November 2026, 02:41 UTC." in text
    assert '<a href="milk/report.html">milk</a>' in text
    assert "the records changed" in text
    assert "10 min" in text
    assert "0.310" in text
    assert "milk: animal · milk, correlation 0.971" in text  # pointed out
    assert "<td class=\"number\">0.9712</td>" in text
    assert "<td class=\"number\">0</td>" in text  # the last digits of a solver are no change
    assert "… and 2 more: breedeval compare previous/milk milk" in text
    assert "0: all runs are done" in text


def test_what_went_wrong_comes_first() -> None:
    text = page(
        entry("milk", "failed", exit_code=1, message="records.csv:4: 'x' is <no> number."),
        entry("values", "skipped", message="because 'milk', which it needs, ended as 'failed'"),
        entry("fat", "not converged", status="not converged", exit_code=3), exit_code=1)
    assert "There are no new results of milk and values." in text
    assert "Do not rely on the results of fat" in text
    assert "records.csv:4: &#39;x&#39; is &lt;no&gt; number." in text
    assert '<span class="state bad">wrong input</span>' in text
    assert '<span class="state unsure">not converged</span>' in text
    assert "Nothing: no run replaced earlier results." in text


def test_a_batch_that_was_stopped_says_so() -> None:
    text = page(entry("milk", "stopped"), state="stopped")
    assert "The batch was stopped before it was done." in text


def test_results_that_cannot_be_compared_say_why() -> None:
    text = page(entry("milk", "done", status="done", changes={"not_compared": "no table"}))
    assert "Not compared: no table" in text
