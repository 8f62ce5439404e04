r"""Tables of a document → what each row says: the value of a sign for a sample, or the numbers of one parameter.

A table whose first column is headed by $s$ has a row for each sample. One whose rows begin with a sign, and go on with
numbers, says of each sign what its columns mean; which column means what is found from the numbers themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symbackprop.reading.document import (
    Passage,
    Readable,
    Rows,
    body_of,
    lone_numbers,
    passages,
    split,
    unknown_references,
)

_TABLE = re.compile(r"\\begin\{tabular\}(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})(.*?)\\end\{tabular\}", re.DOTALL)
_RULES = re.compile(r"\\(?:toprule|midrule|bottomrule|addlinespace|hline)(?![A-Za-z])")
_MATH = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$")
_HEAD = re.compile(r"\\textbf\{(.*)\}\s*$", re.DOTALL)
_NUMBER = re.compile(r"-? ?\d+(?:\.\d+)?(?: ?\\times ?10\^\{-?\d+\})?$")


def tables(body: str) -> Iterator[list[Passage] | Rows]:
    """What the tables of a document's body say."""
    for match in _TABLE.finditer(body):
        line = body.count("\n", 0, match.start(2)) + 1
        rows = [
            (
                [cell.strip() for cell, _ in split(_RULES.sub("", text), "&")],
                line + match[2].count("\n", 0, _first(text, at)),
            )
            for text, at in split(match[2], r"\\")
        ]
        rows = [
            ([re.sub(r"^\s*\[-?[\d.]+pt\]", "", cells[0]).strip(), *cells[1:]], at) for cells, at in rows if any(cells)
        ]
        if len(rows) < 2 or not all(_HEAD.match(cell) for cell in rows[0][0]):
            continue
        heads = [_HEAD.sub(r"\1", cell) for cell in rows[0][0]]
        table = table_of([(heads, rows[0][1]), *rows[1:]])
        if table is not None:
            yield table


def table_of(rows: list[tuple[list[str], int]]) -> list[Passage] | Rows | None:
    """What the rows of a table say, the heads of its columns first, formulas between dollars; `None` if nothing."""
    if len(rows) < 2 or not rows[1][0]:
        return None
    names = rows[0][0]
    if re.fullmatch(r"\$[a-z]\$", names[0]) and rows[1][0][0].isdigit():
        return list(_samples(names, rows[1:]))
    return _signs(rows[1:]) if not _formula(names[0]) and _has_numbers(rows[1][0]) else None


def read_latex(source: str) -> Readable:
    """What the LaTeX of a document says."""
    return Readable(passages(source), list(tables(body_of(source))), lone_numbers(source), unknown_references(source))


def _has_numbers(cells: list[str]) -> bool:
    """Whether a row begins with a sign and goes on with a number."""
    return bool(_formula(cells[0])) and any(_NUMBER.match(_formula(cell)) for cell in cells[1:])


def _first(text: str, at: int) -> int:
    """Where the first cell of a row begins."""
    rest = _RULES.sub(lambda rule: " " * len(rule[0]), text)
    return at + len(rest) - len(rest.lstrip())


def _samples(names: list[str], rows: list[tuple[list[str], int]]) -> Iterator[Passage]:
    for cells, at in rows:
        if not cells[0].isdigit():
            continue
        for name, cell in zip(names[1:], cells[1:], strict=False):
            if _formula(name) and _formula(cell):
                yield Passage(rf"{_formula(name)} \approx {_formula(cell)}", at, "table", int(cells[0]))


def _signs(rows: list[tuple[list[str], int]]) -> Rows:
    kept = [(cells, at) for cells, at in rows if _formula(cells[0])]
    return Rows(
        tuple(_formula(cells[0]) for cells, _ in kept),
        tuple(tuple(map(_formula, cells[1:])) for cells, _ in kept),
        tuple(at for _, at in kept),
    )


def _formula(cell: str) -> str:
    """The formula of a cell, if there is one."""
    found = _MATH.search(cell)
    return found[1] if found else ""
