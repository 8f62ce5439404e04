"""A network in scalars → what the script of its page works with: formulas, code of factors, fields of a form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from symbackprop.display import Symbol, Tree, Words
from symbackprop.display.diagram import Drawing
from symbackprop.display.svg import svg
from symbackprop.emit.environment import render
from symbackprop.emit.javascript import JAVASCRIPT
from symbackprop.emit.page.prose import Prose
from symbackprop.emit.scalar import scalar_code
from symbackprop.program.scalar import Op, Scalar, within


@dataclass(frozen=True)
class Factor:
    """One local derivative, ∂of/∂wrt, of two scalars.

    Attributes:
        of: The scalar that is defined.
        wrt: The scalar that its equation reads.
        ratio: The derivative as it is written before it is carried out.
        formula: What it is.
        role: Which colour it has, or an empty string.
        reason: Why it is that, in words.
        code: The same as code.
    """

    of: str
    wrt: str
    ratio: Tree
    formula: Tree
    role: str
    reason: Words
    code: Scalar


@dataclass(frozen=True)
class Field:
    """A number that a reader may change.

    Attributes:
        name: Of the scalar or of the setting.
        sign: How it is printed.
        value: As the user wrote it.
        sample: The sample that it belongs to, from 1; 0 for what all share.
    """

    name: str
    sign: Tree
    value: str
    sample: int = 0


@dataclass(frozen=True)
class Explorable:
    """A network that is small enough to be shown scalar by scalar.

    Attributes:
        script: JavaScript that defines `network`, with its passes and its update.
        factors: Every local derivative.
        signs: How each scalar is printed.
        places: For each scalar the tensor it is an element of, and its place in it from 0.
        adjoints: For each scalar the scalar that is ∂E/∂ of it.
        loss: The scalar of the loss.
        error: How the loss is printed.
        fields: Titles, and the numbers that stand under each.
        choices: The parameters, one of which is looked at.
        drawing: The network, where there is a drawing of it.
        sample: The sample that is shown first, from 1.
        samples: How many there are.
        batched: The tensors whose first axis is that of the samples.
        sequential: Whether the document moves the layers one after the other, which the page never does.
        made_up: Whether its numbers are not the user's own.
        names: The scalar at each place, the inverse of `places`.
    """

    script: str
    factors: Sequence[Factor]
    signs: Mapping[str, Tree]
    places: Mapping[str, tuple[Any, ...]]
    adjoints: Mapping[str, str]
    loss: str
    error: Tree
    fields: Sequence[tuple[str, Sequence[Field]]]
    choices: Sequence[str]
    drawing: Drawing | None = None
    sample: int = 1
    samples: int = 1
    batched: Sequence[str] = ()
    sequential: bool = False
    made_up: bool = False
    names: Mapping[tuple[Any, ...], str] = field(default_factory=dict)


def named(explorable: Explorable, tree: Tree) -> str:
    """The name of the scalar that a label stands for, or an empty string."""
    if not isinstance(tree, Symbol) or not tree.key:
        return ""
    at = tuple(int(text) - 1 for text in (getattr(one, "text", "") for one in tree.place) if text.isdigit())
    return explorable.names.get((tree.key, *at), "")


def picture(explorable: Explorable, title: str = "The network") -> Markup:
    """The drawing, each part of it under the name of its scalar."""
    if explorable.drawing is None:
        return Markup("")
    return Markup(svg(explorable.drawing, title, lambda tree: named(explorable, tree)))


def facts(explorable: Explorable, prose: Prose, words: Mapping[str, str] | None = None) -> str:
    """What the script is told, as JSON that can stand inside an element.

    Args:
        explorable: The network in scalars.
        prose: Prints its formulas.
        words: What the script's own phrases are in the language of the page; as they are in English if left out.
    """
    formulas: dict[str, int] = {}

    def number(tree: Tree) -> int:
        return kept(prose.display(tree))

    def kept(text: str) -> int:
        return formulas.setdefault(text, len(formulas))

    found = {
        "signs": {name: [number(tree), prose.printer.plain(tree)] for name, tree in explorable.signs.items()},
        "places": {name: list(place) for name, place in explorable.places.items()},
        "adjoints": dict(explorable.adjoints),
        "loss": explorable.loss,
        "error": number(explorable.error),
        "factors": [
            [one.of, one.wrt, number(one.ratio), number(one.formula), one.role, kept(prose.reason(one.reason))]
            for one in explorable.factors
        ],
        "choices": list(explorable.choices),
        "sample": explorable.sample,
        "samples": explorable.samples,
        "batched": list(explorable.batched),
        "formulas": list(formulas),
        "words": dict(words or {}),
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def code(explorable: Explorable) -> str:
    """The script of the network, and a function that gives the value of every factor, safe inside an element."""
    names = {name: f"v.{name}" for name in explorable.places}
    values = [scalar_code(one.code, JAVASCRIPT, names) for one in explorable.factors]
    listed = ",\n".join(f"  {value}" for value in values)
    # The script of the network keeps its functions to itself.
    called = {node.function for one in explorable.factors for node in within(one.code) if isinstance(node, Op)}
    own = render("javascript/erf.js.j2") if "erf" in called else ""
    text = f"{explorable.script}\n{own}const factorValues = (v) => [\n{listed}\n];\n"
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")
