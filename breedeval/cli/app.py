"""The commands; each is thin and calls one function of the workflow."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from breedeval import __version__

BUG = 70
INTERRUPTED = 130
SELDOM = (50_000, 20, 50)
"""When the collector of cycles looks for garbage; Python's own numbers are 700, 10, 10."""

app = typer.Typer(
    name="breedeval", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
    help="Genetic evaluation: pedigree, records and a run file in, breeding values out.")

RunFiles = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Run files (YAML).")]
Overrides = Annotated[list[str], typer.Option(
    "--set", metavar="KEY=VALUE", help="Override a value of the run file; is recorded.")]


def main() -> None:
    """Run the command line; errors of the user's input end with a message and their exit code."""
    from breedeval.errors import BreedevalError

    try:
        app()
    except BreedevalError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except Exception:
        _say(f"{traceback.format_exc()}\nAn error of breedeval itself, not of your input; please "
             "report it with the lines above.")
        sys.exit(BUG)


def entry() -> None:
    """The program: run the command line, then leave at once.

    Libraries keep threads of their own, and when the interpreter is taken down around them the C++
    runtime now and then aborts the process. By then everything is written, so nothing is lost by
    leaving without that. Until then nearly all that is made is kept, modules first of all: the
    collector of cycles would find nothing, and is asked to look seldom.
    """
    gc.set_threshold(*SELDOM)
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        _say("Interrupted: no results of an unfinished run were written.")
        code = INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(code)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"breedeval {__version__}")
        raise typer.Exit


@app.command()
def run(
    files: RunFiles, overrides: Overrides = [],  # noqa: B006 (typer wants a list)
    force: Annotated[bool, typer.Option(
        "--force", help="Replace the results of an earlier run.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Runs at the same time.")] = 1,
    pages: Annotated[bool, typer.Option(
        "--pages", help="A page for every selected sire; the same as --set output.pages=true."
    )] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")] = False,
) -> None:
    """Evaluate: read, solve, and write a results folder for each run file."""
    from breedeval.workflow.jobs import run_files

    asked = [*overrides, *(["output.pages=true"] if pages else [])]
    outcomes = run_files(files, overrides=asked, force=force, jobs=jobs, quiet=quiet)
    for outcome in outcomes:
        if outcome.message:
            _say(outcome.message)
        if outcome.directory is not None:
            print(outcome.directory)
    if len(outcomes) > 1:
        failed = [str(outcome.run_file) for outcome in outcomes if outcome.exit_code]
        _say(f"{len(outcomes) - len(failed)} of {len(outcomes)} runs done"
             + (f"; failed: {', '.join(failed)}" if failed else ""))
    raise typer.Exit(max(outcome.exit_code for outcome in outcomes))


@app.command()
def batch(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan (YAML).")],
    force: Annotated[bool, typer.Option(
        "--force", help="Run everything, up to date or not.")] = False,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Say what would run, and why; run nothing.")] = False,
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Folder of the batch, instead of the plan's.")] = None,
    jobs: Annotated[int | None, typer.Option(
        "--jobs", min=1, help="Runs at the same time, instead of the plan's.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")] = False,
) -> None:
    """Run a plan of many runs: what is not up to date, and what depends on it."""
    from breedeval.workflow.batch import Wishes, preview, run_batch

    wishes = Wishes(force, output, jobs, quiet)
    if dry_run:
        print(preview(plan, wishes))
        raise typer.Exit
    account = run_batch(plan, wishes)
    for line in account.problems():
        _say(line)
    print(account.summary)
    raise typer.Exit(account.exit_code)


@app.command()
def check(files: RunFiles, overrides: Overrides = []) -> None:  # noqa: B006
    """Read everything, report on it and forecast the cost; solve nothing."""
    from breedeval.workflow.check import check_file

    raise typer.Exit(max(check_file(path, overrides=overrides) for path in files))


@app.command()
def init(
    records: Annotated[Path, typer.Argument(help="The file of records.")],
    pedigree: Annotated[Path | None, typer.Option(help="The pedigree file.")] = None,
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Write the run file here instead of to the screen.")] = None,
) -> None:
    """Write a commented run file from the columns of a data file."""
    from breedeval.workflow.start import starter_file

    text = starter_file(records, pedigree, output)
    if output is None:
        print(text, end="")
    else:
        print(output)


@app.command()
def pedigree(
    file: Annotated[Path, typer.Argument(help="The pedigree file.")],
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Write pedigree.csv and a page of plots to this folder.")] = None,
    columns: Annotated[list[str], typer.Option(
        "--column", metavar="ROLE=NAME", help="Which column is what, e.g. sire=father.")] = [],  # noqa: B006
    unknown: Annotated[list[str], typer.Option(help="Codes of an unknown parent.")] = [],  # noqa: B006
    groups: Annotated[list[str], typer.Option(
        "--group", help="Codes in the parent columns that are groups.")] = [],  # noqa: B006
    selfing: Annotated[bool, typer.Option(
        "--selfing", help="An individual may be both sire and dam.")] = False,
    among: Annotated[list[str], typer.Option(
        "--among", metavar="A,B,…", help="Relationships among these individuals.")] = [],  # noqa: B006
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier output.")] = False,
) -> None:
    """Describe a pedigree and name every fault in it."""
    from breedeval.pedigree.build import PedigreeReading
    from breedeval.workflow.describe import describe_file, parse_columns

    reading = PedigreeReading(parse_columns(columns), tuple(unknown or ("", "0", "NA")),
                              tuple(groups), selfing)
    describe_file(file, output, reading=reading, command=sys.argv, among=among,
                  force=force)


@app.command()
def genotypes(
    file: Annotated[Path, typer.Argument(help="The file of genotypes.")],
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Write the cleaned set as PLINK, and what was left out, to this "
        "folder.")] = None,
    quality: Annotated[list[str], typer.Option(
        metavar="KEY=VALUE,…", help="Leave out what falls short: default, or e.g. "
        "maf=0.01,marker_call_rate=0.95.")] = [],  # noqa: B006
    exclude: Annotated[list[str], typer.Option(
        "--exclude-chromosome", metavar="NAME", help="Leave out a chromosome.")] = [],  # noqa: B006
    pedigree_file: Annotated[Path | None, typer.Option(
        "--pedigree", help="The pedigree file: look for conflicts of parents and progeny.")] = None,
    columns: Annotated[list[str], typer.Option(
        "--column", metavar="ROLE=NAME", help="Which column of the pedigree is what.")] = [],  # noqa: B006
    map_file: Annotated[Path | None, typer.Option(
        "--map", help="Chromosomes and positions of the markers.")] = None,
    ids: Annotated[Path | None, typer.Option(
        "--ids", help="Names in the pedigree and in the file, two columns.")] = None,
    file_format: Annotated[str, typer.Option(
        "--format", help="plink, vcf, hapmap, blupf90 or table.")] = "auto",
    layout: Annotated[str, typer.Option(
        help="What stands in the rows of a table: individuals or markers.")] = "individuals",
    ploidy: Annotated[int, typer.Option(min=1, max=16, help="Sets of chromosomes.")] = 2,
    missing: Annotated[list[str], typer.Option(
        help="Codes of a missing call in a table.")] = [],  # noqa: B006
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier output.")] = False,
) -> None:
    """Describe genotypes, name every fault in them, and clean them."""
    from breedeval.pedigree.build import PedigreeReading
    from breedeval.workflow.describe import parse_columns
    from breedeval.workflow.describe_genotypes import Asked, describe_genotypes, settings_of

    settings = settings_of(file, file_format=file_format, layout=layout, quality=quality,
                           map=map_file, ids=ids,
                           ploidy=ploidy, missing=tuple(missing or ("", "NA")),
                           exclude_chromosomes=tuple(exclude))
    describe_genotypes(Asked(settings, pedigree_file, PedigreeReading(parse_columns(columns))),
                       output, command=sys.argv, force=force)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="Results folder of the earlier evaluation.")],
    new: Annotated[Path, typer.Argument(help="Results folder of the later one.")],
    by: Annotated[list[str], typer.Option(
        "--by", metavar="COLUMN", help="Means and spread of the groups of a column of the "
        "pedigree, such as birth_year or sex.")] = [],  # noqa: B006
    limits: Annotated[Path | None, typer.Option(
        "--limits", metavar="FILE", help="Limits that the new evaluation must keep (YAML); exit "
        "code 4 if it does not.")] = None,
    limit: Annotated[list[str], typer.Option(
        "--limit", metavar="KEY=VALUE", help="One limit, such as min_correlation=0.99.")] = [],  # noqa: B006
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what moved between two evaluations, and why; test one model against the other."""
    from breedeval.workflow.compare import compare_folders, limits_of

    raise typer.Exit(compare_folders(old, new, "json" if json else "text", by=by,
                                     limits=limits_of(limits, limit)))


@app.command()
def explain(
    results: Annotated[Path, typer.Argument(help="Results folder.")],
    individual: Annotated[str, typer.Argument(help="Its name.")],
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say why one individual has its breeding values, and what would make them more reliable."""
    from breedeval.workflow.explain import explain_individual

    explain_individual(results, individual, "json" if json else "text")


@app.command()
def predict(
    results: Annotated[Path, typer.Argument(
        help="Results folder of a run with 'marker_effects'.")],
    genotypes: Annotated[Path, typer.Argument(help="Genotypes of those to predict.")],
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Write to this file (.csv, .parquet) instead of to the screen.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Predict newly genotyped individuals from saved marker effects, without a new run."""
    from breedeval.workflow.predict import predict_file

    predict_file(results, genotypes, output, force=force)


@app.command()
def simulate(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")],
    animals: Annotated[int, typer.Option(help="Animals in all.")] = 20_000,
    generations: Annotated[int, typer.Option(help="Cohorts, founders included.")] = 10,
    sires: Annotated[float, typer.Option(
        help="Males of a cohort that become parents: a fraction below 1, else a number.")] = 0.03,
    dams: Annotated[float, typer.Option(help="The same of females.")] = 0.7,
    h2: Annotated[float, typer.Option(help="Heritability.")] = 0.3,
    records: Annotated[int, typer.Option(help="Records of each recorded animal.")] = 1,
    repeatability: Annotated[float, typer.Option(help="With several records.")] = 0.5,
    recorded: Annotated[str, typer.Option(help="females, males or all.")] = "females",
    selection: Annotated[str, typer.Option(
        help="random, phenotype or breeding_value.")] = "random",
    chromosomes: Annotated[int, typer.Option(
        help="0: the infinitesimal model, no genotypes. Else QTL and SNPs are on so many.")] = 0,
    snps: Annotated[int, typer.Option(help="SNPs in all, with chromosomes.")] = 10_000,
    qtl: Annotated[int, typer.Option(help="QTL in all, with chromosomes.")] = 500,
    genotyped_cohorts: Annotated[int, typer.Option(
        help="Last cohorts whose animals are genotyped.")] = 3,
    unrecorded_cohorts: Annotated[int, typer.Option(help="Last cohorts without records.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
) -> None:
    """Simulate a population with known breeding values, and genotypes if wanted, ready to run."""
    from breedeval.workflow.simulate import simulate_folder

    simulate_folder(output, seed=seed, animals=animals, generations=generations, sires=sires,
                    dams=dams, h2=h2, records_per_animal=records, repeatability=repeatability,
                    recorded=recorded, selection=selection, chromosomes=chromosomes, snps=snps,
                    qtl=qtl, genotyped_cohorts=genotyped_cohorts,
                    unrecorded_cohorts=unrecorded_cohorts)


@app.command()
def schema(
    plan: Annotated[bool, typer.Option("--plan", help="That of plans for 'batch'.")] = False,
) -> None:
    """Print the JSON Schema of run files, for editors."""
    import json

    from breedeval.config import json_schema, plan_schema

    print(json.dumps(plan_schema() if plan else json_schema(), indent=2))


@app.command()
def doctor() -> None:
    """Say what is installed, which solvers and BLAS there are, and whether they work."""
    from breedeval.workflow.doctor import examine

    raise typer.Exit(examine())


def _say(text: str) -> None:
    print(text, file=sys.stderr)
