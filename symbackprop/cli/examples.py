"""`symbackprop examples`: the bundled networks."""

from __future__ import annotations

import click

from symbackprop.cli.shared import JSON


@click.command()
@JSON
def examples(as_json: bool) -> None:
    """List the bundled networks."""
    import json

    from symbackprop.network import bundled

    found = bundled()
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    width = max(map(len, found))
    for name, description in found.items():
        click.echo(f"{name.ljust(width)}  {description}")
