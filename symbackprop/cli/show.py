"""`symbackprop show`: the layers of a network, their shapes, and what deriving it costs."""

from __future__ import annotations

import click

from symbackprop.cli.shared import JSON, console


@click.command()
@click.argument("network", metavar="NETWORK", required=False)
@click.option("--equations", "row", metavar="ROW", help="Print the equations of a row of the catalogue instead.")
@JSON
def show(network: str | None, row: str | None, as_json: bool) -> None:
    """Show the layers of NETWORK, their shapes, the parameters, and what deriving it costs."""
    import json

    if row is not None:
        from symbackprop.catalog.described import described

        click.echo(described(row))
        return
    if network is None:
        raise click.UsageError("Missing argument 'NETWORK', or --equations with the name of a row.")
    from symbackprop.facade import derive as derived
    from symbackprop.summary import summary, summary_table

    found = summary(derived(network))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        console().print(summary_table(found))
