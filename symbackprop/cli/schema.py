"""`symbackprop schema`: the JSON Schema of a network file, for editors."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write; stdout if left out.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of a network file, by which an editor completes and checks it.

    A network file names it in its first line: #:schema FILE in TOML, # yaml-language-server: $schema=FILE in YAML, a
    key "$schema" in JSON. `symbackprop new` writes that line if symbackprop.schema.json lies beside the new file.
    """
    import json

    from symbackprop.network.schema import file_schema

    text = json.dumps(file_schema(), indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    from symbackprop.emit.files import write_file

    write_file(output, text)
    click.echo(f"wrote {output}; symbackprop new in that folder makes files that name it", err=True)
