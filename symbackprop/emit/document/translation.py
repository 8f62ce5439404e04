"""A document in English → the same in another language, by the phrases of its file; of formulas, words alone change.

A text is looked up as a whole, with a hole `{1}`, `{2}`, ... for each formula, reference, number and numeral in it. One
that is not there is taken apart at its sentences, clauses and enumerations, which are looked up by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from symbackprop.display import Cases, Logic, Row, Tree, Words
from symbackprop.display.diagram import Drawing
from symbackprop.emit.document.blocks import (
    Becomes,
    Block,
    Callout,
    Display,
    Document,
    Facts,
    Figure,
    Grid,
    Heading,
    Items,
    Key,
    Mention,
    Paragraph,
    Section,
    Stress,
    Table,
    Text,
)
from symbackprop.emit.document.concrete import mapped
from symbackprop.emit.document.phrases import HOLE, Phrases, joined
from symbackprop.emit.document.wording import CARDINALS

NUMERALS = CARDINALS[2:]
_COUNTED = re.compile(rf"(?<![\w{{])(\d+(?:,\d{{3}})*(?:\.\d+)?|{'|'.join(NUMERALS)})(?![\w}}])", re.IGNORECASE)
# Spaces after marks of full width, which bring their own, and between two Chinese characters.
NO_SPACE = re.compile(r"(?<=[，。；：、（）]) +|(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")
SEPARATORS = (" · ", ". ", "; ", ": ", ", ", " and ")


def translated(document: Document, say: Phrases) -> Document:
    """The document in the language of some phrases."""
    tell = Translator(say)
    sections = tuple(
        Section(tell.line(one.title), one.label, tuple(map(tell.block, one.blocks))) for one in document.sections
    )
    return replace(
        document,
        title=tell.line(document.title),
        subtitle=tell.line(document.subtitle),
        opening=tuple(map(tell.block, document.opening)),
        sections=sections,
    )


class Translator:
    """Turns the parts of a document into another language.

    Args:
        say: The phrases.
    """

    def __init__(self, say: Phrases) -> None:
        self.say = say
        self._blocks: dict[type[Block], Callable[[Any], Block]] = {
            Paragraph: lambda block: replace(block, text=self.text(block.text)),
            Heading: lambda block: replace(block, text=self.text(block.text)),
            Items: lambda block: replace(block, texts=tuple(map(self.text, block.texts))),
            Display: lambda block: replace(block, relations=tuple(map(self.tree, block.relations))),
            Grid: lambda block: replace(block, rows=tuple(tuple(map(self.tree, row)) for row in block.rows)),
            Table: self._table,
            Facts: lambda block: replace(
                block, left=self.pairs(block.left), right=self.pairs(block.right), below=self.pairs(block.below)
            ),
            Key: lambda block: replace(block, left=self.pairs(block.left), right=self.pairs(block.right)),
            Figure: self._figure,
            Callout: lambda block: replace(
                block, title=self.line(block.title), lead=self.text(block.lead), rows=self.pairs(block.rows)
            ),
        }

    def block(self, block: Block) -> Block:
        """A block of any kind; code stays as it is."""
        change = self._blocks.get(type(block))
        return change(block) if change else block

    def pairs(self, pairs: Sequence[tuple[Text, Text]]) -> tuple[tuple[Text, Text], ...]:
        """Names and what they stand for."""
        return tuple((self.text(left), self.text(right)) for left, right in pairs)

    def _table(self, block: Table) -> Table:
        groups = tuple(tuple(tuple(map(self.text, row)) for row in group) for group in block.groups)
        head = tuple(map(self.text, block.head))
        return replace(block, head=head, groups=groups, caption=self.text(block.caption))

    def _figure(self, block: Figure) -> Figure:
        drawings = tuple(map(self.drawing, block.drawings))
        return replace(block, drawings=drawings, caption=self.text(block.caption), blank=self.text(block.blank))

    def drawing(self, drawing: Drawing) -> Drawing:
        """A drawing with its words, and those in its formulas."""
        nodes = tuple(mapped(node, self.tree) for node in drawing.nodes)
        edges = tuple(mapped(edge, self.tree) for edge in drawing.edges)
        notes = (mapped(note, self.tree) for note in drawing.notes)
        said = (replace(one, label=self.line(one.label)) if isinstance(one.label, str) else one for one in notes)
        return replace(drawing, nodes=nodes, edges=edges, notes=tuple(said))

    def tree(self, tree: Tree) -> Tree:
        """A formula with the words that stand in it, and beside it as reasons."""
        if isinstance(tree, Words):
            return Words(self.text(tree.parts))  # type: ignore[arg-type]
        inner = mapped(tree, self.tree)
        if isinstance(inner, Cases):
            when, otherwise = inner.said
            return replace(inner, said=(self.line(when), self.line(otherwise)))
        if isinstance(inner, Logic):
            return replace(inner, word=self.line(inner.operator))
        if isinstance(inner, Row) and isinstance(inner.reason, str):
            return replace(inner, reason=self.line(inner.reason))
        return inner

    def line(self, words: str) -> str:
        """Words alone."""
        return "".join(part for part in self.text((words,)) if isinstance(part, str))

    def text(self, text: Text) -> Text:
        """Running text; as it is where no phrase fits."""
        key, holes = template(text)
        if not re.search(r"[^\W\d_]", HOLE.sub("", key)):
            return tuple(map(self._inside, text))
        lead, trail = key[: len(key) - len(key.lstrip())], key[len(key.rstrip()) :]
        found = self._found(key.strip())
        if found is None:
            return tuple(map(self._inside, text))
        return self._filled(lead + found + trail, holes)

    def _found(self, key: str) -> str | None:
        if not re.search(r"[^\W\d_]", HOLE.sub("", key)):
            return key
        whole = self._looked_up(key)
        if whole is not None:
            return whole
        for separator in SEPARATORS:
            before, there, after = key.partition(separator)
            if there and before.strip() and after.strip():
                first, second = self._found(before), self._found(after)
                if first is not None and second is not None:
                    return first + (self.say.find(separator) or separator) + second
        return self._ended(key)

    def _looked_up(self, key: str) -> str | None:
        """A phrase whose holes are numbered from 1, as those of a part of a text need not be."""
        numbers = HOLE.findall(key)
        count = iter(range(1, len(numbers) + 1))
        found = self.say.find(HOLE.sub(lambda hole: f"{{{next(count)}}}", key))
        return None if found is None else HOLE.sub(lambda hole: f"{{{numbers[int(hole[1]) - 1]}}}", found)

    def _ended(self, key: str) -> str | None:
        """A phrase without the mark it ends with, or with a small letter at its beginning."""
        if key[-1] in ".:;,":
            found = self._found(key[:-1])
            return None if found is None else found + (self.say.find(key[-1]) or key[-1])
        small = key[:1].lower() + key[1:]
        found = self._looked_up(small) if small != key else None
        return None if found is None else found[:1].upper() + found[1:]

    def _filled(self, phrase: str, holes: Sequence[Any]) -> Text:
        parts = HOLE.split(phrase)
        found: list[Any] = [self._inside(holes[int(part) - 1]) if n % 2 else part for n, part in enumerate(parts)]
        return tuple(NO_SPACE.sub("", one) if isinstance(one, str) else one for one in joined(found))

    def _inside(self, piece: Any) -> Any:
        """A word in a hole, or the words of a reference."""
        if isinstance(piece, Mention):
            return replace(piece, word=self.say.find(piece.word) or piece.word) if piece.word else piece
        if isinstance(piece, Stress):
            return Stress(self.line(piece.words))
        if isinstance(piece, Becomes):
            return Becomes(self.tree(piece.left), self.tree(piece.right))
        if isinstance(piece, Tree):
            return self.tree(piece)
        if isinstance(piece, str) and piece.lower() in NUMERALS:
            found = self.say.find(piece.lower()) or piece
            return found[:1].upper() + found[1:] if piece[:1].isupper() else found
        return piece


def template(text: Text) -> tuple[str, list[Any]]:
    """A text with numbered holes, and what is in them.

    Example:
        >>> template(("3 samples of two, see ", Mention("tab:a")))
        ('{1} samples of {2}, see {3}', ['3', 'two', Mention(label='tab:a', word='')])
    """
    key, holes = "", list[Any]()
    for piece in joined(list(text)):
        if not isinstance(piece, str):
            holes.append(piece)
            key += f"{{{len(holes)}}}"
            continue
        for number, part in enumerate(_COUNTED.split(piece)):
            if number % 2:
                holes.append(part)
            key += f"{{{len(holes)}}}" if number % 2 else part
    return key, holes
