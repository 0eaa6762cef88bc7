"""Two runs of one call never write to the same folder."""

from pathlib import Path

from breedeval.workflow.jobs import run_files

CONFIGS = Path(__file__).parents[3] / "configs"


def test_the_second_run_into_one_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "results"
    paths = [CONFIGS / "mrode_4_1_animal_model.yaml", CONFIGS / "mrode_5_1_repeatability.yaml"]
    first, second = run_files(paths, overrides=[f"output.directory={target}"], force=False,
                              jobs=1, quiet=True)
    assert first.exit_code == 0
    assert first.directory == target
    assert second.exit_code == 1
    assert second.message == (
        f"{paths[1]}: its results would go to {target}, as those of {paths[0]}. Give each run an "
        "'output: directory' of its own.")
