"""Labels on the lines between two layers cover neither each other nor a neuron."""

from itertools import combinations, pairwise

import pytest

from symbackprop.display.diagram import RADIUS, RADIUS_SMALL, Column, network_drawing
from symbackprop.display.labels import Labelled, label_positions, label_size
from symbackprop.display.tree import Symbol, integer
from symbackprop.notation import Sign


def drawn(*sizes):
    kinds = ["input", *["hidden"] * (len(sizes) - 2), "output"]
    columns = [Column(kind, kind, [f"n{n}" for n in range(size)]) for kind, size in zip(kinds, sizes, strict=True)]
    return network_drawing(columns, lambda layer, *at: Symbol(Sign("w", layer=str(layer)), tuple(map(integer, at))))


def boxes(drawing):
    """For each labelled line the middle and the size of its label."""
    radius = RADIUS_SMALL if drawing.small else RADIUS
    for edge in drawing.edges:
        if edge.label != "":
            start, end = drawing.nodes[edge.start], drawing.nodes[edge.end]
            whole = Labelled((start.x, start.y), (end.x, end.y), label_size(edge.label), 0.5)
            share = radius / ((end.x - start.x) ** 2 + (end.y - start.y) ** 2) ** 0.5
            yield whole.at(share + edge.position * (1 - 2 * share)), whole.size


@pytest.mark.parametrize(
    "sizes", [(2, 3, 1), (2, 2, 2), (3, 4, 2), (3, 3, 1), (1, 6, 1), (2, 4, 2, 3), (4, 2, 2, 2, 2)]
)
def test_no_label_covers_another_or_a_neuron(sizes):
    drawing = drawn(*sizes)
    radius = RADIUS_SMALL if drawing.small else RADIUS
    found = list(boxes(drawing))
    assert len(found) == sum(a * b for a, b in pairwise(sizes) if a * b <= 9)
    for (one, size), (other, second) in combinations(found, 2):
        across, down = abs(one[0] - other[0]), abs(one[1] - other[1])
        assert across >= (size[0] + second[0]) / 2 or down >= (size[1] + second[1]) / 2
    for (x, y), (wide, tall) in found:
        for node in drawing.nodes:
            away = max(abs(node.x - x) - wide / 2, 0.0), max(abs(node.y - y) - tall / 2, 0.0)
            assert (away[0] ** 2 + away[1] ** 2) ** 0.5 > radius


def test_the_picture_is_its_own_mirror_image():
    middles = sorted((round(x, 6), round(y, 6)) for (x, y), _ in boxes(drawn(2, 3, 2)))
    assert middles == sorted((x, -y + 0.0) for x, y in middles)


def test_labels_stay_at_their_usual_places_where_nothing_is_in_the_way():
    assert {edge.position for edge in drawn(2, 1).edges} == {0.27}
    assert {edge.position for edge in drawn(1, 1).edges} == {0.5}


def test_a_label_leaves_the_line_of_another():
    across = Labelled((0.0, 0.0), (4.0, 0.0), (0.4, 0.4), 0.5)
    crossing = Labelled((2.0, -2.0), (2.0, 3.0), (0.4, 0.4), 0.5)
    first, second = label_positions([across, crossing], [], 0.5)
    assert abs(first * 4 - 2) > 0.2 and abs(second * 5 - 2) > 0.2


def test_indices_and_layers_make_a_label_larger():
    plain, layered = label_size(Symbol(Sign("w", subs=("5",)))), label_size(Symbol(Sign("w", layer="1"), (integer(1),)))
    assert layered[0] > plain[0] and layered[1] > plain[1]
