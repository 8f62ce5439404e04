"""A loop over time → the loop over views of one step each, which are made once instead of at each call.

Indexing an array takes as long as a product of a few hundred numbers, and a step of a recurrent cell reads and writes
some twenty arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from symbackprop.emit.layout import WIDTH, fitted
from symbackprop.program import Array, Assign, At, Leaf, Loop, children, rebuilt

MARK = "@step"
IF_LATER = "if step:"


@dataclass
class Steps:
    """The views that one loop needs.

    Attributes:
        loop: The loop.
        attribute: What the list of views is called.
        place: The attribute that holds an array; `None` for one that is not in the workspace.
        views: Attribute → the name of its view in a step.
        names: What to print for the leaves that stand for views.
    """

    loop: Loop
    attribute: str
    place: Callable[[str], str | None]
    views: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def reading(self, assign: Assign) -> Assign:
        """A statement that reads views where it read arrays at the loop's position."""
        return replace(assign, value=self._node(assign.value))

    def _node(self, node: Array) -> Array:
        match node:
            # One number of an array is no view, hence it must have another axis beside time.
            case At(arg=Leaf() as leaf) if node.axes and (node.position, leaf.axes[0]) == (self.loop.index, node.axis):
                place = self.place(leaf.name)
                # What is longer than the loop is indexed: all views are taken together.
                if place is not None and node.axis.size == self.loop.index.size:
                    self.names[leaf.name + MARK] = self.view(place)
                    return Leaf(leaf.name + MARK, node.axes)
        inside = children(node)
        return rebuilt(node, [self._node(child) for child in inside]) if inside else node

    def view(self, place: str) -> str:
        """The name, in a step, of the view of an array along time."""
        return self.views.setdefault(place, place.removeprefix("self."))

    @property
    def memory(self) -> list[str]:
        """The line that makes the views."""
        if not self.views:
            return []
        return fitted(f"{self.attribute} = list(zip(", [*self.views, "strict=True"], "))", 8)

    def head(self, index: str, size: str, rows: Iterable[str]) -> list[str]:
        """The lines with which the loop begins.

        Args:
            index: The name of the position.
            size: How many steps there are.
            rows: The lines of the loop, which may use the position beside the views.
        """
        code = [row for row in rows if not row.lstrip().startswith("#")]
        counted = any(re.search(rf"\b{index}\b", row) for row in code)
        over = f"range({size})" if counted or not self.views else self.attribute
        over = f"reversed({over})" if self.loop.reverse else over
        numbered = any(row.strip() == IF_LATER for row in code)
        number, over = ("step, ", f"enumerate({over})") if numbered else ("", over)
        if counted or not self.views:
            taken = self._together("", f" = {self.attribute}[{index}]", 12) if self.views else []
            return [f"for {number}{index} in {over}:", *(f"    {row}" for row in taken)]
        return self._together(f"for {number}", f" in {over}:", 8, bracketed=numbered)

    def _together(self, before: str, after: str, indent: int, bracketed: bool = False) -> list[str]:
        """The names of the views as one tuple that is assigned to."""
        names = list(self.views.values())
        own = f"{', '.join(names)}{',' if len(names) == 1 else ''}"
        line = f"{before}({own}){after}" if bracketed else f"{before}{own}{after}"
        return [line] if indent + len(line) <= WIDTH else fitted(f"{before}(", names, f"){after}", indent)
