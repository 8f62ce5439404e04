"""`symbackprop explain`: a message by its code."""

from __future__ import annotations

import click


@click.command()
@click.argument("network", metavar="CODE")
def explain(network: str) -> None:
    """Explain a message by its CODE, such as SB030: what it means, an example, the same mended."""
    from symbackprop.messages import explained

    click.echo(explained(network))
