"""A drawing prints as TikZ that names what it joins, and nothing else."""

import re

from symbackprop.display.diagram import Column, network_drawing
from symbackprop.display.tikz import tikz
from symbackprop.display.tree import Symbol
from symbackprop.notation import given


def picture():
    columns = [Column("input", "inputs", ["x_1", "x_2"]), Column("output", "outputs", ["a_1"])]
    return tikz(network_drawing(columns, lambda *at: "w", loss=("E", "0.5")))


def test_every_line_joins_nodes_that_are_drawn():
    text = picture()
    drawn = set(re.findall(r"\\node\[[^]]*\] \(([^)]+)\) at", text))
    lines = [line for line in text.splitlines() if "--" in line]
    joined = {name for line in lines for name in re.findall(r"\(([A-Za-z]\w*(?:-\w+)*)\)", line)}
    assert drawn
    assert joined
    assert joined <= drawn


def test_it_is_one_picture_and_its_braces_close():
    text = picture()
    assert text.startswith(r"\begin{tikzpicture}")
    assert text.rstrip().endswith(r"\end{tikzpicture}")
    assert text.count("{") == text.count("}")


def test_text_is_escaped_and_trees_are_formulas():
    column = Column("input", "inputs", ["x_1", Symbol(given("x1"))])
    text = tikz(network_drawing([column, Column("output", "outputs", ["a"])]))
    assert r"{x\_1}" in text
    assert "{$x_{1}$}" in text
