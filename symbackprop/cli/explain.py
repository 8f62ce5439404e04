"""`symbackprop explain`: why the gradient by one weight is what it is, or what a message means by its code."""

from __future__ import annotations

import re

import click

from symbackprop.cli.shared import JSON, console, names_in


@click.command()
@click.argument("network", metavar="NETWORK|CODE")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--notation", default="standard", show_default=True, help="Names in formulas: standard, mazur, nielsen or matrix."
)
@JSON
def explain(network: str, names: tuple[str, ...], notation: str, as_json: bool) -> None:
    """Explain the gradient of NETWORK by each NAME, such as w5, a1_1 or W1; without a NAME say what there is.

    Names may be separated by commas, too.

    Of a message's CODE, such as SB030, it says what it means, with an example and the same mended.
    """
    if re.fullmatch(r"SB\d+", network, re.IGNORECASE) and not names:
        from symbackprop.messages import explained

        click.echo(explained(network))
        return
    import json
    from dataclasses import asdict

    from symbackprop.explain import explain as explanation
    from symbackprop.explain import explained_names
    from symbackprop.explain.terminal import terminal
    from symbackprop.facade import derive

    d = derive(network, notation=notation)
    if not names:
        click.echo(json.dumps(explained_names(d)) if as_json else "\n".join(explained_names(d)))
        return
    found = [explanation(d, name) for name in names_in(names)]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    out = console()
    for number, one in enumerate(found):
        if number:
            out.print()
        out.print(terminal(one, out.width), soft_wrap=True)
