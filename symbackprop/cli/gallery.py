"""`symbackprop gallery`: the files of every bundled network."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("output"))
@click.option("--check", is_flag=True, help="Compare with what is there instead of writing; exit 1 if it differs.")
def gallery(folder: Path, check: bool) -> None:
    """Write every bundled network's files into FOLDER, one folder each."""
    from symbackprop.gallery import compare, write

    if not check:
        write(folder, click.echo)
        return
    differences = compare(folder)
    for line in differences:
        click.echo(line)
    if differences:
        click.echo(f"{folder} is not up to date: run `symbackprop gallery {folder}`", err=True)
        raise SystemExit(1)
