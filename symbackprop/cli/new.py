"""`symbackprop new`: a commented network file to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a commented network FILE to start from (.toml, .yaml or .json); an existing file is kept."""
    from symbackprop.network import write_new

    write_new(file)
    click.echo(f"wrote {file}; now try: symbackprop derive {file}", err=True)
