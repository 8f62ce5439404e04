"""Curves: every point in its place, marks at round numbers, logarithms where values span decades."""

import pytest

from symbackprop.display.chart import HEIGHT, MOST_POINTS, WIDTH, chart


def lines(drawing, style):
    return [line for line in drawing.lines if line.style == style]


def ticks(drawing, anchor):
    return [note.label for note in drawing.notes if note.style == "tick" and note.anchor == anchor]


def test_a_straight_line_is_straight():
    (curve,) = lines(chart([(0.0, 0.0), (1.0, 2.0), (2.0, 4.0)], "x", "y"), "curve")
    assert curve.points[0] == pytest.approx((0, 0))
    assert curve.points[1] == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert curve.points[2] == pytest.approx((WIDTH, HEIGHT))


def test_marks_are_round_numbers():
    drawing = chart([(0.0, 0.0), (7.3, 0.9)], "x", "y")
    assert ticks(drawing, "north") == ["0", "2", "4", "6"]
    assert ticks(drawing, "east") == ["0.0", "0.2", "0.4", "0.6", "0.8"]


def test_values_over_decades_are_drawn_by_their_logarithm():
    drawing = chart([(0.0, 1.0), (1.0, 0.1), (2.0, 0.001)], "steps", "E")
    (curve,) = lines(drawing, "curve")
    heights = [y for _, y in curve.points]
    assert heights == pytest.approx([HEIGHT, HEIGHT * 2 / 3, 0])
    assert ticks(drawing, "east") == ["0.001", "0.01", "0.1", "1"]


def test_long_curves_are_thinned_but_keep_their_ends():
    (curve,) = lines(chart([(float(n), float(n)) for n in range(10_001)], "x", "y"), "curve")
    assert len(curve.points) <= MOST_POINTS + 1
    assert curve.points[-1] == pytest.approx((WIDTH, HEIGHT))


def test_a_constant_has_an_axis():
    (curve,) = lines(chart([(0.0, 3.0), (1.0, 3.0)], "x", "y"), "curve")
    assert curve.points[0][1] == pytest.approx(curve.points[1][1]) == pytest.approx(HEIGHT)


def test_marked_points_lie_on_the_curve():
    drawing = chart([(0.0, 0.0), (2.0, 4.0)], "x", "y", [((1.0, 2.0), "here", "west")], [((1.0, 2.0), (0.0, 0.0))])
    (mark,) = lines(drawing, "mark")
    assert mark.points[0] == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert "here" in [note.label for note in drawing.notes]
    assert len(lines(drawing, "step")) == 1
