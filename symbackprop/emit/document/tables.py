"""Everything in columns → LaTeX: tables, what is given, the key of signs, and the box of other results."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from symbackprop.display import Relation
from symbackprop.emit.document.blocks import Callout, Facts, Key, Table, Text
from symbackprop.emit.document.inline import breakable, cell_width, prose, words

LINE = 455.0
MOST_TABLE_ROWS = 32
Rows = tuple[tuple[Text, ...], ...]


def table(block: Table) -> str:
    """A table, in parts that fit a page; with a caption it has a number."""
    parts = _parts(block.groups)
    printed = [_tabular(block, part) for part in parts]
    if block.caption:
        printed[0] = f"\\sbptable{{{block.label}}}{{{prose(block.caption)}}}{{{printed[0]}}}"
    else:
        printed[0] = f"\\sbpplaintable{{{printed[0]}}}"
    return "\n\n".join([printed[0], *(f"\\sbpplaintable{{{part}}}" for part in printed[1:])])


def _parts(groups: Sequence[Rows]) -> list[list[Rows]]:
    """Groups of rows in parts that fit a page."""
    parts: list[list[Rows]] = [[]]
    for group in groups:
        for start in range(0, len(group), MOST_TABLE_ROWS):
            rows = group[start : start + MOST_TABLE_ROWS]
            if sum(map(len, parts[-1])) + len(rows) > MOST_TABLE_ROWS:
                parts.append([])
            parts[-1].append(rows)
    return parts


def _tabular(block: Table, part: Sequence[Rows]) -> str:
    head = " & ".join(rf"\textbf{{{prose(cell)}}}" if cell else "" for cell in block.head)
    groups = [" \\\\\n".join(" & ".join(map(prose, row)) for row in group) for group in part]
    body = " \\\\\n\\addlinespace\n".join(group for group in groups if group)
    columns = "".join(block.columns)
    space = r"\setlength{\tabcolsep}{4pt}" if _table_width(block) > LINE - 40 else ""
    size = r"\footnotesize" if _table_width(block) > LINE else r"\small"
    rows = f"\\toprule\n{head} \\\\\n\\midrule\n{body} \\\\\n\\bottomrule"
    return f"{size}{space}\\sbpfit{{\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n{rows}\n\\end{{tabular}}}}"


def facts(block: Facts) -> str:
    """Two pairs beside each other where they fit, else one below the other."""
    empty: tuple[Text, Text] = ((), ())
    pairs = list(zip_longest(block.left, block.right, fillvalue=empty))
    left = max((cell_width(a[1]) for a, _ in pairs), default=LINE)
    right = max((cell_width(b[1]) for _, b in pairs), default=LINE)
    names = [max((cell_width(pair[n][0]) for pair in pairs), default=0.0) for n in (0, 1)]
    if left + right + sum(names) + 60 < LINE:
        rows = [" & ".join(f"{_bold(name)} & {prose(text)}" for name, text in pair) for pair in pairs]
        below = [rf"{_bold(name)} & \multicolumn{{3}}{{@{{}}l@{{}}}}{{{prose(text)}}}" for name, text in block.below]
        columns = r"@{}l@{\hspace{1em}}l@{\hspace{1.6em}}l@{\hspace{1em}}l@{}"
        if any(cell_width(text) > LINE - names[0] - 30 for _, text in block.below):
            wide = rf"p{{{left + right + names[1] + 27:.0f}pt}}"
            below = [row.replace(r"{@{}l@{}}", rf"{{@{{}}{wide}@{{}}}}", 1) for row in below]
    else:
        rows = [f"{_bold(name)} & {_wrapped(text)}" for name, text in (*block.left, *block.right)]
        below = [f"{_bold(name)} & {_wrapped(text)}" for name, text in block.below]
        columns = r"@{}l@{\hspace{1em}}>{\raggedright\arraybackslash}p{.8\textwidth}@{}"
    body = " \\\\\n".join(rows) + " \\\\\n" + ("\\midrule\n" + " \\\\\n".join(below) + " \\\\\n" if below else "")
    tabular = f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{body}\\bottomrule\n\\end{{tabular}}"
    return f"\\begin{{center}}\\small\n\\sbpfit{{{tabular}}}\n\\end{{center}}"


def _wrapped(text: Text) -> str:
    """A text that may be broken, and its relations at their operators first."""
    found = "".join(breakable(piece) if isinstance(piece, Relation) else prose((piece,)) for piece in text)
    return found.replace(",  ", ",\\; ")


def _bold(text: Text) -> str:
    return rf"\textbf{{{prose(text)}}}"


def key(block: Key) -> str:
    """Signs with their meanings."""
    rows = []
    for n in range(max(len(block.left), len(block.right))):
        cells = [
            *(block.left[n] if n < len(block.left) else ((), ())),
            *(block.right[n] if n < len(block.right) else ((), ())),
        ]
        rows.append(" & ".join(map(prose, cells)) + r" \\[1pt]")
    columns = r"@{}l@{\hspace{1em}}l@{\hspace{2em}}l@{\hspace{1em}}l@{}"
    return "\n".join([rf"\begin{{center}}\small\sbpfit{{\begin{{tabular}}{{{columns}}}", r"\toprule", *rows,
                      r"\bottomrule", r"\end{tabular}}\end{center}"])  # fmt: skip


def _table_width(block: Table) -> float:
    rows = [block.head, *(row for group in block.groups for row in group)]
    widths = [max(cell_width(row[n]) for row in rows if n < len(row)) for n in range(len(block.columns))]
    return sum(widths) + 12 * (len(widths) - 1)


def callout(block: Callout) -> str:
    """A box with a title, a sentence, and numbers with what they are."""
    rows = "\n".join(rf"{prose(number)} & {prose(text)} \\" for number, text in block.rows)
    # What the box, its borders and the first column leave of a line.
    rest = LINE - 32 - max((cell_width(number) for number, _ in block.rows), default=0.0) * 1.05
    begin = rf"\begin{{sbpcallout}}{{{words(block.title)}}}{{{prose(block.lead)}}}{{{rest:.0f}pt}}"
    return f"{begin}\n{rows}\n\\end{{sbpcallout}}"
