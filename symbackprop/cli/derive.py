"""`symbackprop derive`: every gradient of a network, written as document, code, expressions and their record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from symbackprop.cli.shared import JSON, NETWORK, SEED, console, names_in, progress

MOST_ROWS = 24


@click.command()
@NETWORK
@click.option(
    "--to", "formats", multiple=True, help="What to write, comma-separated; all that needs no TeX if left out."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The folder; output/NAME if left out.")
@click.option("--notation", default="standard", show_default=True, help="Signs: standard, mazur, nielsen or matrix.")
@click.option(
    "--detail", default="standard", show_default=True, help="What the document tells: brief, standard or full."
)
@click.option(
    "--form", default="", help="Its formulas: scalar, index or matrix; chosen by the network's size if left out."
)
@click.option(
    "--only",
    multiple=True,
    help="Parameters that it is limited to, such as w5,w17 or 'w5 w17'; may be given several times.",
)
@click.option("--language", default="en", show_default=True, help="Of its text: en, de, fr, or zh (page only).")
@click.option("--style", default="readable", show_default=True, help="Of the Python module: readable or fast.")
@click.option("--train", "training", is_flag=True, help="Train as the network says; the document shows the loss curve.")
@SEED
@JSON
def derive(
    network: str,
    formats: tuple[str, ...],
    output: Path | None,
    notation: str,
    detail: str,
    form: str,
    only: tuple[str, ...],
    language: str,
    style: str,
    training: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Derive every gradient of NETWORK and write document, code, expressions and the record of their verification."""
    from symbackprop.facade import derive as derived

    chosen = _chosen(",".join(formats), language, style)
    d = derived(network, notation=notation, style=style)
    folder = output or Path("output") / d.network.name
    with progress(f"deriving {d.network.name}"):
        start = perf_counter()
        equations = len(d.stages.derivation.adjoints)
        derived_in = perf_counter() - start
        named = names_in(only)
        report = d.write(
            folder, chosen, seed=seed, train=training, detail=detail, form=form, only=named, language=language
        )
    click.echo(f"{equations} adjoint equations derived in {derived_in:.3f} s", err=True)
    if as_json:
        click.echo(report.to_json(), nl=False)
    else:
        out = console()
        out.print(_gradient_table(d, folder, named))
        out.print(report.summary(), style="green" if report.passed else "bold red", highlight=False)
    if not report.passed:
        click.echo(str(report), err=True)
        raise SystemExit(1)


def _chosen(formats: str, language: str, style: str) -> tuple[str, ...]:
    """The formats to write, with the module that a style is of; which are left out for want of fonts is said."""
    from symbackprop.emitters import STANDARD, chosen_formats
    from symbackprop.errors import InputError

    chosen = chosen_formats(names_in([formats]), language)
    if style != "readable" and "python" not in chosen:
        message = f"--style {style} is of the Python module, which is not among --to {formats}"
        raise InputError(message, help=f"--to python,{formats}")
    left_out = [name for name in STANDARD if name not in chosen] if not formats.strip(", ") else []
    if left_out:
        click.echo(f"without {', '.join(left_out)}: no fonts there for the language {language!r}", err=True)
    return chosen


def _gradient_table(d: Any, folder: Path, only: Sequence[str]) -> Any:
    """One row per parameter, or per name that was asked for: shape and gradient; then what was written."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from symbackprop.summary import chosen_rows, gradient_rows

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=f"written to {folder}/", caption_justify="left")
    table.add_column("parameter", no_wrap=True)
    table.add_column("shape", no_wrap=True)
    table.add_column("gradient")
    rows, others = chosen_rows(d, only) if only else (gradient_rows(d), None)
    for row in rows[:MOST_ROWS]:
        table.add_row(*map(Text, row))
    if len(rows) > MOST_ROWS:
        table.add_row(Text("…"), Text(f"{len(rows) - MOST_ROWS} more"), Text("in the files"))
    elif only and others != 0:
        count = "others" if others is None else f"{others:,} other" + "s" * (others > 1)
        table.add_row(Text("…"), Text(count), Text("in the code; the documents leave them out"))
    return table
