"""Trees that were read → the indices in them: which are free, and which stand in sums such as i + k - 1."""

from __future__ import annotations

from symbackprop.display.tree import Extreme, Symbol, Tree, children, walk


def free_keys(tree: Tree) -> set[str]:
    """The keys of the indices and variables in a tree that no sum in it binds."""
    if isinstance(tree, Symbol):
        own = {tree.key} if tree.key.startswith("#") and not tree.place else set()
        return own | {key for place in tree.place for key in free_keys(place)}
    inner = {key for child in children(tree) for key in free_keys(child)}
    bound = {one.index.key for one in getattr(tree, "ranges", ())}
    if isinstance(tree, Extreme):
        bound = {tree.range.index.key}
    return inner - bound


def is_shifted(key: str, tree: Tree) -> bool:
    """Whether an index stands at some axis in a sum or product, such as i + k - 1."""
    places = [place for node in walk(tree) if isinstance(node, Symbol) for place in node.place]
    return any(not isinstance(place, Symbol) and key in free_keys(place) for place in places)
