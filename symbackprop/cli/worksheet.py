"""`symbackprop worksheet`: a problem sheet with friendly random numbers, and its answer key."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop.cli.shared import NETWORK, names_in, progress


@click.command()
@NETWORK
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the numbers.")
@click.option("--own-numbers", is_flag=True, help="Keep the network's own weights and sample.")
@click.option("--blanks", is_flag=True, help="Lead through the computation, with gaps for results.")
@click.option(
    "--to", "formats", multiple=True, default=["latex"], show_default=True, help="Comma-separated: latex, html, pdf."
)
@click.option("--language", default="en", show_default=True, help="Of the text: en, de, fr, or zh (html only).")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The folder; worksheets/NAME-SEED or NAME if left out."
)
def worksheet(
    network: str,
    seed: int,
    own_numbers: bool,
    blanks: bool,
    formats: tuple[str, ...],
    language: str,
    output: Path | None,
) -> None:
    """Write a problem sheet for NETWORK with random numbers that are easy to compute with, and its answer key."""
    from symbackprop.network import load
    from symbackprop.worksheet import write

    found = load(network)
    folder = output or Path("worksheets") / (found.name if own_numbers else f"{found.name}-{seed}")
    chosen = names_in(formats)
    with progress(f"writing {folder}"):
        files, report = write(found, folder, chosen, seed, blanks, language, own_numbers)
    for name in files:
        click.echo(str(folder / name))
    if not report.passed:
        click.echo(str(report), err=True)
        raise SystemExit(1)
