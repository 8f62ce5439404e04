r"""LaTeX with our macros → LaTeX that any renderer of formulas knows: MathJax, KaTeX, a document of somebody's own."""

from __future__ import annotations

from symbackprop.display.latex import COLOURS, MACROS

_KNOWN = MACROS | {"bm": (1, r"\boldsymbol{#1}"), "result": (1, r"\boxed{#1}"), "why": (1, r"\quad\text{#1}")}


def standalone(source: str) -> str:
    r"""The source with every macro of ours carried out; colours are given by their numbers.

    Example:
        >>> standalone(r"\pd{E}{a\lay{2}} = \fE{x}")
        '\\frac{\\partial E}{\\partial a^{(2)}} = \\textcolor{#B84A00}{x}'
    """
    for name, value in COLOURS.items():
        source = source.replace(f"{{{name}}}", f"{{#{value}}}")
    found, at = [], 0
    while at < len(source):
        if source[at] != "\\":
            found.append(source[at])
            at += 1
            continue
        end = at + 1
        while end < len(source) and source[end].isalpha():
            end += 1
        name = source[at + 1 : end]
        if name not in _KNOWN:
            end = max(end, at + 2)
            found.append(source[at:end])
            at = end
            continue
        count, body = _KNOWN[name]
        for number in range(1, count + 1):
            argument, end = _argument(source, end)
            body = body.replace(f"#{number}", argument)
        found.append(standalone(body))
        at = end
    return "".join(found)


def _argument(source: str, at: int) -> tuple[str, int]:
    """The text inside the braces that open at a place, and where it goes on behind them."""
    depth = 0
    for end in range(at, len(source)):
        if source[end] == "\\":
            continue
        if source[end - 1] != "\\":
            depth += {"{": 1, "}": -1}.get(source[end], 0)
        if not depth:
            return source[at + 1 : end], end + 1
    raise ValueError(f"a brace in {source!r} is not closed")
