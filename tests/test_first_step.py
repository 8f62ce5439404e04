"""The first step of an optimizer, worked out where there are numbers."""

import pytest

from symbackprop.facade import derive
from symbackprop.first_step import rule, worked_step


def test_mazurs_step():
    stages = derive("mazur").stages
    assert str(rule(stages)) == "-g/2 + w"
    assert float(worked_step(stages).loss) == pytest.approx(0.291027774, abs=1e-9)


def test_without_numbers_there_is_none():
    assert worked_step(derive("lstm").stages) is None
