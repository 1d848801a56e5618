"""`diagnose catalog run` and `diagnose catalog measure`: put the catalog's claims to the test."""

from __future__ import annotations

import os

import click

from catalog.card import ROOT, Card
from catalog.measured import Measured, find_measured, write_measured
from catalog.table import slugs
from diagnose.cli.extras import require
from diagnose.cli.lookup import complete_technique, known_card, write_json
from diagnose.cli.progress import progress_bar
from diagnose.errors import DataError


@click.command()
@click.argument("technique", shell_complete=complete_technique)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def run(technique: str, form: str) -> None:
    """Run a technique's experiment here, and say whether its claim held.

    \b
    diagnose catalog run adam

    The same recipe is trained without the technique and with it, over paired seeds. Nothing is
    written; `diagnose catalog measure` writes.
    """  # noqa: D301 (the mark keeps lines apart)
    card = known_card(technique)
    require("torch", "running an experiment")
    _check_experiment(card)
    from catalog.lab.measure import measure as measure_one  # noqa: PLC0415 (imports torch)

    try:
        with progress_bar(f"Running {card.slug}") as progress:
            measured = measure_one(card.slug, progress)
    except KeyboardInterrupt:
        click.echo("Stopped before the end; nothing was kept.", err=True)
        raise
    if form == "json":
        write_json(measured.to_dict())
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.measured import print_run  # noqa: PLC0415 (rich only where printed)

    print_run(card, measured, make_console())


@click.command()
@click.argument("techniques", nargs=-1, shell_complete=complete_technique)
@click.option("--again", is_flag=True, help="Measure also what was measured with the same code.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="all cores",
    help="Techniques measured at once.",
)
def measure(techniques: tuple[str, ...], again: bool, jobs: int) -> None:
    """Run the experiments of all techniques, or of those named, and write `measured.toml` of each.

    \b
    diagnose catalog measure
    diagnose catalog measure adam label-smoothing --again

    The figures are written beside the cards of the installed package, as each technique is done.
    Stopped at any moment, the same command without --again goes on with what is missing or was
    measured with code that has changed since.
    """  # noqa: D301 (the mark keeps lines apart)
    cards = [known_card(name) for name in dict.fromkeys(techniques)]
    require("torch", "running experiments")
    for card in cards:
        _check_experiment(card)
    import joblib  # noqa: PLC0415 (comes with the extra)

    from catalog.lab.measure import fingerprint, has_experiment  # noqa: PLC0415 (imports torch)
    from catalog.lab.measure import measure as measure_one  # noqa: PLC0415

    wanted = [card.slug for card in cards] or [slug for slug in slugs() if has_experiment(slug)]
    stale = [slug for slug in wanted if again or not _is_current(slug, fingerprint(slug))]
    click.echo(f"{len(stale)} to measure, {len(wanted) - len(stale)} measured before.", err=True)
    if not stale:
        return
    click.echo(f"Each is written to its folder in {ROOT}.", err=True)
    tasks = (joblib.delayed(measure_one)(slug) for slug in stale)
    done = 0
    try:
        with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
            for measured in joblib.Parallel(return_as="generator_unordered")(tasks):
                write_measured(measured)
                done += 1
                click.echo(f"[{done}/{len(stale)}] {_line(measured)}")
    except KeyboardInterrupt:
        click.echo(f"Stopped; {done} of {len(stale)} are measured and kept.", err=True)
        raise


def _line(measured: Measured) -> str:
    """Say what the first experiment found: of each claim, then of what is not claimed."""
    claims = [decided for decided in measured.trials[0].claims if decided.claimed]
    words = [f"{decided.metric} {decided.verdict}" for decided in claims]
    words += [
        f"{metric} got {change}, not claimed"
        for metric, change in measured.trials[0].unclaimed_changes()
    ]
    return f"{measured.technique}: {'; '.join(words)} ({measured.seconds:.1f} s)"


def _is_current(slug: str, fingerprint: str) -> bool:
    measured = find_measured(slug)
    return measured is not None and measured.fingerprint == fingerprint


def _check_experiment(card: Card) -> None:
    from catalog.lab.measure import has_experiment  # noqa: PLC0415 (imports torch)

    if not has_experiment(card.slug):
        raise DataError(
            f"there is no experiment for {card.slug} yet; `diagnose catalog show {card.slug}`"
            " tells what is known."
        )
