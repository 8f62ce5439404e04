"""`symbackprop doctor`: this machine, or whether a folder, a file or a network is whole."""

from __future__ import annotations

import click

from symbackprop.cli.shared import JSON, console


@click.command()
@click.argument("target", required=False)
@JSON
def doctor(target: str | None, as_json: bool) -> None:
    """Look at this machine, or at TARGET: a folder that derive wrote, a file in it, or a network.

    Exit code 1 if something is broken that is needed.
    """
    import json
    from dataclasses import asdict

    from symbackprop.doctor import examined
    from symbackprop.errors import CheckFailedError

    found = examined(target)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    else:
        out = console()
        width = max(len(finding.what) for finding in found)
        for finding in found:
            mark = "ok" if finding.fine else "!!" if finding.essential else "--"
            colour = "green" if finding.fine else "red" if finding.essential else "yellow"
            text = f"{mark}  {finding.what.ljust(width)}  {finding.found}"
            out.print(text, style=colour, markup=False)
            if finding.help and not finding.fine:
                out.print(f"    {' ' * width}  = help: {finding.help}", markup=False)
    broken = [finding.what for finding in found if finding.broken]
    if broken:
        raise CheckFailedError(f"not as it should be: {', '.join(broken)}", help="see above")
