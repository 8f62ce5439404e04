"""An explanation → lines for a terminal, as wide as it is, with a colour for each kind of factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from symbackprop.explain.records import Adjoint, Explained, Explanation, Product

# The terminal's own colours, which its user chose to be readable.
COLOURS = {"error": "yellow", "slope": "cyan", "input": "green", "delta": "magenta"}
INDENT = "  "
NARROWEST = 40


def terminal(found: Explanation, width: int) -> Text:
    """The explanation as coloured text.

    Args:
        found: What `explain` returned.
        width: Columns that a line may have; formulas are broken at their signs.
    """
    width = max(width, NARROWEST)
    lines = _element(found, width) if found.products else _tensor(found, width)
    title = Text(f"{found.network}: {found.lhs}", style="bold")
    return Text("\n").join([title, Text(), *lines])


def _element(found: Explanation, width: int) -> Iterator[Text]:
    blocks = _alike(found.products)
    for number, block in enumerate(blocks, start=1):
        if len(blocks) > 1:
            yield Text(f"Path {number} of {len(blocks)}", style="bold dim")
        yield from _block(found, block, width, alone=len(found.products) == 1)
        yield Text()
    if found.value and len(found.products) > 1:
        signs = [Text(one.value if one.value[0] != "-" else f"({one.value})") for one in found.products]
        total = Text(f"{_sign(found)} ") + Text(found.value, style="bold")
        yield from _joined(Text(f"{found.lhs} ≈ "), signs, " + ", width, Text(" ") + total)
    if found.short:
        yield from _wrapped(Text("in short: ", style="dim") + Text(found.short), width, 4)
    if found.check:
        checked = Text("checked: ", style="dim") + Text(found.check, style="green" if _agree(found) else "bold red")
        yield from _wrapped(checked + Text(f" by {found.method}", style="dim"), width, 4)


def _alike(products: Sequence[Product]) -> list[list[Product]]:
    """Products that differ in their numbers only, those of several samples, together."""

    def formulas(product: Product) -> tuple[tuple[str, str], ...]:
        return tuple((one.ratio, one.formula) for one in product.factors)

    order = list(dict.fromkeys(map(formulas, products)))
    sorted_ones = sorted(products, key=lambda product: order.index(formulas(product)))
    return [list(group) for _, group in groupby(sorted_ones, key=formulas)]


def _block(found: Explanation, block: Sequence[Product], width: int, alone: bool) -> Iterator[Text]:
    """A product: the chain rule, its factors one by one, and the numbers."""
    first = block[0]
    head = Text(f"{found.lhs} = ") if alone else Text(INDENT)
    yield from _joined(head, [_painted(one.ratio, one.role) for one in first.factors], " · ", width)
    yield Text()
    yield from _factors(first.factors, width, numbers=len(block) == 1)
    if not first.value:
        return
    yield Text()
    for product in block:
        lead = Text(f"{INDENT}sample {product.sample}: " if product.sample else f"{INDENT}≈ ", style="dim")
        parts = [_painted(_bracketed(one.value), one.role) for one in product.factors]
        yield from _joined(lead, parts, " × ", width, Text(" ≈ ") + Text(product.value, style="bold"))


def _factors(factors: Sequence[Explained], width: int, numbers: bool) -> Iterator[Text]:
    """One line for each factor, its reason beside it where there is room and below where there is none."""
    ratio = max(cell_len(one.ratio) for one in factors)
    formula = max(cell_len(one.formula) for one in factors)
    value = max(cell_len(one.value) for one in factors) if numbers else 0
    for one in factors:
        line = Text(INDENT) + _painted(one.ratio, one.role) + " " * (ratio - cell_len(one.ratio))
        line += Text(" = ") + _painted(one.formula, one.role)
        room = " " * (formula - cell_len(one.formula) + 2)
        if value:
            line += Text(room + one.value.rjust(value))
            room = "  "
        reason = Text(one.reason, style="dim")
        if line.cell_len + len(room) + reason.cell_len <= width:
            yield line + room + reason
        else:
            yield from _wrapped(line, width, 6)
            yield from _wrapped(Text(" " * 6) + reason, width, 6)


def _tensor(found: Explanation, width: int) -> Iterator[Text]:
    yield Text(f"{found.name} has shape {found.shape}, and so has its gradient.", style="dim")
    yield Text()
    yield Text("Forward, from there to the error", style="bold dim")
    for equation in found.forward:
        yield from _wrapped(Text(INDENT + equation), width, 6)
    yield Text()
    yield Text("Backward", style="bold dim")
    for derivative in found.derivatives:
        yield from _derivative(derivative, width)
    if found.matrix:
        yield Text()
        yield from _wrapped(Text("matrix form: ", style="dim") + Text(found.matrix), width, 4)
    yield from _wrapped(Text("as code: ", style="dim") + Text(found.code), width, 4)


def _derivative(derivative: Adjoint, width: int) -> Iterator[Text]:
    colour = COLOURS["delta"] if derivative.lhs.startswith("δ") else ""
    lead = Text(INDENT) + Text(derivative.lhs, style=colour)
    for number, line in enumerate(derivative.lines):
        start = lead if not number else Text(" " * lead.cell_len)
        body = start + Text(f" {line.sign} {line.formula}")
        reason = Text(line.reason, style="dim")
        if body.cell_len + 3 + reason.cell_len <= width:
            yield body + Text("   ") + reason
        else:
            yield from _wrapped(body, width, lead.cell_len + 5)
            yield Text(" " * (lead.cell_len + 5)) + reason


def _painted(text: str, role: str) -> Text:
    return Text(text, style=COLOURS.get(role, ""))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _sign(found: Explanation) -> str:
    return "=" if found.exact else "≈"


def _agree(found: Explanation) -> bool:
    return found.check == found.value or found.exact


def _joined(head: Text, parts: Sequence[Text], sign: str, width: int, end: Text | None = None) -> Iterator[Text]:
    """Parts with a sign between, broken before a sign where the line is full."""
    line, margin = head.copy(), " " * min(head.cell_len, width // 3)
    pieces = [parts[0], *(Text(sign) + part for part in parts[1:]), *([end] if end is not None else [])]
    for piece in pieces:
        if line.cell_len + piece.cell_len > width and line.plain.strip():
            yield line
            line = Text(margin) + Text(piece.plain.lstrip()[:0]) + _stripped(piece)
        else:
            line += piece
    yield line


def _stripped(piece: Text) -> Text:
    found = piece.copy()
    spaces = len(found.plain) - len(found.plain.lstrip())
    return found[spaces:]


def _wrapped(text: Text, width: int, indent: int) -> Iterator[Text]:
    """Text broken at its spaces, later lines further in."""
    line = Text()
    for word in text.split(" ", include_separator=True):
        if line.cell_len + len(word.plain.rstrip()) > width and line.plain.strip():
            yield _without_end(line)
            line = Text(" " * indent)
        line += word
    yield _without_end(line)


def _without_end(line: Text) -> Text:
    found = line.copy()
    found.rstrip()
    return found
