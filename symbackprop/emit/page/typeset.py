"""Blocks → HTML: a template has a macro for each kind of block, and this module what the macros ask for.

Everything is escaped unless a printer of formulas, drawings or running text has made it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from symbackprop.display.diagram import Drawing
from symbackprop.display.mathml import anchor
from symbackprop.display.svg import svg
from symbackprop.emit.document.blocks import Document, Facts, Text
from symbackprop.emit.document.inline import cell_width
from symbackprop.emit.document.phrases import Phrases, phrases
from symbackprop.emit.environment import templates
from symbackprop.emit.page.explore import Explorable, code, facts, picture
from symbackprop.emit.page.lines import lines
from symbackprop.emit.page.numbering import numbering
from symbackprop.emit.page.prose import Prose

# Half the width of the text, in points on paper.
HALF = 205.0
# What browsers are told where the name of a language leaves open which of its scripts is meant.
TAGS = {"zh": "zh-Hans"}


def typeset(document: Document, explorable: Explorable | None = None) -> str:
    """The HTML of a document, and of what lets a reader work with the network where that is given."""
    say = Phrases(document.language)
    prose = Prose(numbering(document), say)
    style = _text("style.css")
    script = _text("script.js")
    values: dict[str, Any] = {"explorable": explorable}
    if explorable is not None:
        explore = _text("explore.js")
        words = {phrase: said for phrase, said in phrases(document.language).items() if f'"{phrase}"' in explore}
        script = f"{code(explorable)}\n{script}\n{explore}"
        drawing = picture(explorable, say.words("The network"))
        values |= {"facts": Markup(facts(explorable, prose, words)), "picture": drawing}
    values |= {
        "document": document,
        "say": say.words,
        "language": TAGS.get(document.language, document.language),
        "plain_title": f"{document.title}{say.words(': ')}{document.running}",
        "style": Markup(style),
        "script": Markup(script),
        "policy": policy(style, script),
        **asked_for(prose),
    }
    return environment().get_template("page/page.html.j2").render(values)


def _text(name: str) -> str:
    return environment().get_template(f"page/{name}.j2").render()


def asked_for(prose: Prose) -> Mapping[str, Any]:
    """What the templates call."""

    def drawn(drawing: Drawing, caption: Text) -> Markup:
        return Markup(svg(drawing, prose.plain(caption)))

    return {
        "prose": prose,
        "formula": prose.formula,
        "plain": prose.plain,
        "lines": lambda relation: lines(relation, prose),
        "drawn": drawn,
        "anchor": anchor,
        "number": lambda label: prose.numbers.get(label, ""),
        "is_wide": is_wide,
        "alignment": {"l": "left", "c": "middle", "r": "right"},
    }


def is_wide(block: Facts) -> bool:
    """Whether something that is given is too long for half a page."""
    return any(cell_width(text) > HALF for _, text in (*block.left, *block.right))


def policy(style: str, *scripts: str) -> str:
    """The content security policy of a page: its own style and scripts, and nothing from anywhere."""
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src {allowed}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of HTML templates: everything is escaped."""
    return Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
