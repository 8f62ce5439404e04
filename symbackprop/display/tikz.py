r"""A drawing → TikZ with explicit coordinates, which needs nothing but `arrows.meta`; a document defines the styles."""

from __future__ import annotations

from symbackprop.display.diagram import Drawing, Edge, Label, Line, Node, Note
from symbackprop.display.latex import LATEX, escape
from symbackprop.display.tree import Words


def tikz(drawing: Drawing) -> str:
    """The drawing as a `tikzpicture`; its styles are the document's."""
    rows = [_node(n, node) for n, node in enumerate(drawing.nodes)]
    rows += [_line(line) for line in drawing.lines]
    rows += [_edge(edge) for edge in drawing.edges]
    rows += [_note(note) for note in drawing.notes]
    options = "sbp,sbp small" if drawing.small else "sbp"
    return "\n".join([rf"\begin{{tikzpicture}}[{options}]", *rows, r"\end{tikzpicture}"])


def _label(label: Label) -> str:
    if isinstance(label, Words):
        return LATEX.words(label)
    return escape(label) if isinstance(label, str) else f"${LATEX(label)}$"


def _node(number: int, node: Node) -> str:
    if node.width:
        return _box(number, node)
    if node.kind == "dots":
        return rf"\node at ({node.x:.2f},{node.y:.2f}) {{$\vdots$}};"
    text = _label(node.label) + (rf"\\[-1pt]{{\tiny {_label(node.value)}}}" if node.value != "" else "")
    style = f"sbp {node.kind}" + (",sbp dim" if node.dim else "")
    return rf"\node[{style}] (n{number}) at ({node.x:.2f},{node.y:.2f}) {{{text}}};"


def _box(number: int, node: Node) -> str:
    first, *rest = map(_label, node.lines)
    text = r"\\[-1pt]".join([first, *(rf"{{\scriptsize {line}}}" for line in rest)])
    size = f"minimum width={node.width:g}cm,minimum height={node.height:g}cm"
    style = f"sbp box,sbp {node.kind} box,{size}" + (",sbp dim" if node.dim else "")
    return rf"\node[{style}] (n{number}) at ({node.x:.2f},{node.y:.2f}) {{{text}}};"


def _edge(edge: Edge) -> str:
    on = ""
    if edge.label != "" and not edge.anchor:
        on = rf" node[sbp weight,pos={edge.position:g}]{{{_label(edge.label)}}}"
    elif edge.label != "":
        on = rf" node[sbp label,pos={edge.position:g},{edge.anchor}]{{{_label(edge.label)}}}"
    if edge.below != "":
        on += rf" node[sbp label,below]{{{_label(edge.below)}}}"
    backwards = edge.style in ("error", "delta", "input")
    start, end = (edge.end, edge.start) if backwards else (edge.start, edge.end)
    style = "input line" if edge.style == "input" else edge.style
    return rf"\draw[sbp {style}] (n{start}) --{on} (n{end});"


def _note(note: Note) -> str:
    place = f"({note.x:.2f},{note.y:.2f})"
    if note.style == "bias":
        side = "above" if note.anchor == "south" else "below"
        return rf"\draw[sbp bias] {place} node[{side},inner sep=1.5pt]{{{_label(note.label)}}} -- (n{note.target});"
    return rf"\node[sbp {note.style},anchor={note.anchor}] at {place} {{{_label(note.label)}}};"


def _line(line: Line) -> str:
    if line.style == "mark":
        return "".join(rf"\fill[sbp mark] ({x:.3f},{y:.3f}) circle (1.6pt);" for x, y in line.points)
    if line.style in ("cell", "mark cell"):
        corners = " -- ".join(f"({x:.3f},{y:.3f})" for x, y in line.points)
        return rf"\fill[sbp {line.style}] {corners} -- cycle;"
    path = " -- ".join(f"({x:.3f},{y:.3f})" for x, y in line.points)
    return rf"\draw[sbp {line.style}] {path};"
