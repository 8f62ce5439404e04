"""A derivation and what other stages found about it → a page that derives every gradient, as one HTML file.

It is a second typesetter of the document's blocks: what a reader sees here is what the LaTeX document says. The file
needs nothing but itself, asks the network for nothing, and can be read without running its script.
"""

from __future__ import annotations

from symbackprop.emit.document import Material, compose
from symbackprop.emit.page import typeset
from symbackprop.emit.page.explore import Explorable, Factor, Field

__all__ = ["Explorable", "Factor", "Field", "page"]


def page(material: Material, explorable: Explorable | None = None) -> str:
    """The page on a network.

    Args:
        material: The derivation, and what the other stages found.
        explorable: The network in scalars, where it is small enough to be worked with.

    Returns:
        The text of one HTML file; the same bytes for the same network.
    """
    return typeset.typeset(compose(material), explorable)
