"""A template's name and its values → text, with every hole filled or an error."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

PACKAGE = Path(__file__).parents[1]


def templates() -> Path:
    """The folder of all templates: inside an installed package, beside it in a checkout."""
    inside = PACKAGE / "templates"
    return inside if inside.is_dir() else PACKAGE.parent / "templates"


@lru_cache(maxsize=1)
def code_environment() -> Environment:
    """The environment of templates of code: plain delimiters, no traces of the template's own lines."""
    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["tojson_plain"] = json_text
    return environment


def json_text(value: Any) -> str:
    """A value as JSON, which JavaScript reads; nothing in it can end a script element of a page."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")


def render(name: str, /, **values: Any) -> str:
    """Fill a template of code, such as `"python/module.py.j2"`."""
    return code_environment().get_template(name).render(**values)
