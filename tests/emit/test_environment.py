"""Templates of code are found wherever the package lies, and every hole in them is filled or an error."""

from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from symbackprop.emit.environment import code_environment, render


def test_an_unfilled_hole_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="helpers"):
        render("python/helpers.py.j2")


def test_the_templates_lines_leave_no_trace() -> None:
    text = render("python/helpers.py.j2", helpers=["sigmoid"], placed=[])
    assert text.startswith("def sigmoid(z: Array) -> Array:\n")
    assert "softmax" not in text


def test_templates_of_code_are_not_escaped() -> None:
    assert code_environment().from_string("{{ a }}").render(a="x < y") == "x < y"


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        render("python/nothing.py.j2")
