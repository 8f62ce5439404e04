"""What a document is made of: sections with paragraphs, relations, tables and figures, before any of it is typeset.

Everything that is computed is computed before these are made; a template only prints them, in LaTeX or whatever else.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.display import Relation, Tree
from symbackprop.display.diagram import Drawing


@dataclass(frozen=True)
class Mention:
    """The number of a section, table, figure or equation, such as "Section 3".

    Attributes:
        label: Its label; what stands before the colon tells its kind.
        word: What stands before the number, such as `"Section"`.
    """

    label: str
    word: str = ""


@dataclass(frozen=True)
class Stress:
    """Words that are set off."""

    words: str


@dataclass(frozen=True)
class Becomes:
    """A parameter and its new value: `w ← w - η ∂E/∂w`."""

    left: Tree
    right: Tree


Piece = str | Tree | Mention | Stress | Becomes
Text = tuple[Piece, ...]


@dataclass(frozen=True)
class Block:
    """Base of everything that stands below one another."""

    @property
    def kind(self) -> str:
        """The name of the template's macro that prints it."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text."""

    text: Text


@dataclass(frozen=True)
class Heading(Block):
    """A heading inside a section."""

    text: Text


@dataclass(frozen=True)
class Display(Block):
    """Relations below one another."""

    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Grid(Block):
    """Short relations in rows, those of a row side by side; the last of a row may bear a label."""

    rows: tuple[tuple[Relation, ...], ...]

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All of them."""
        return tuple(relation for row in self.rows for relation in row)


@dataclass(frozen=True)
class Table(Block):
    """A table; rows come in groups with a little space between.

    Attributes:
        columns: One letter for each column: `l`, `c` or `r`.
        head: The cells above the line.
        groups: Rows of cells.
        caption: What it shows; a table without caption has no number.
        label: Its label.
    """

    columns: str
    head: tuple[Text, ...]
    groups: tuple[tuple[tuple[Text, ...], ...], ...]
    caption: Text = ()
    label: str = ""


@dataclass(frozen=True)
class Facts(Block):
    """Names and what they stand for, in two columns; those of `below` go across the width."""

    left: tuple[tuple[Text, Text], ...]
    right: tuple[tuple[Text, Text], ...] = ()
    below: tuple[tuple[Text, Text], ...] = ()


@dataclass(frozen=True)
class Key(Block):
    """Signs and their meanings, in two columns."""

    left: tuple[tuple[Text, Text], ...]
    right: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Items(Block):
    """A list."""

    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Figure(Block):
    """Drawings side by side, with a caption, and the one they have where results are left out."""

    drawings: tuple[Drawing, ...]
    caption: Text
    label: str
    floats: bool = False
    blank: Text = ()


@dataclass(frozen=True)
class Listing(Block):
    """Code, as it is."""

    code: str


@dataclass(frozen=True)
class Callout(Block):
    """A box: a title, a sentence, and numbers with what they are."""

    title: str
    lead: Text
    rows: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Section:
    """A numbered section."""

    title: str
    label: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole document.

    Attributes:
        title: Its title.
        subtitle: The line below it.
        running: What stands at the top of each page.
        authors: Who wrote it, if anybody says so.
        opening: What stands before the first section.
        sections: The sections.
        language: What it is written in, such as `"en"`.
    """

    title: str
    subtitle: str
    running: str
    authors: tuple[str, ...]
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    language: str = "en"

    @property
    def relations(self) -> list[Relation]:
        """Every relation in the document, in order."""
        blocks = [*self.opening, *(block for section in self.sections for block in section.blocks)]
        return [one for block in blocks if isinstance(block, Display | Grid) for one in block.relations]
