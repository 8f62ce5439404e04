"""The step of an optimizer from certified gradients alone."""

import pytest

from symbackprop.facade import derive
from symbackprop.first_step import rule, worked_step
from symbackprop.verify.points import worked_point
from symbackprop.verify.stepping import after_step
from symbackprop.verify.truth import Truth


@pytest.mark.parametrize("network", ["mazur", "xor"])
def test_it_is_the_worked_step(network: str) -> None:
    stages = derive(network).stages
    truth = Truth(stages.derivation, worked_point(stages.graph), {}, {})
    found = after_step(truth, rule(stages))
    worked = worked_step(stages)
    assert abs(found["E_new"].item() - worked.loss) < 1e-12
    assert abs(found["W1#new"][0, 0] - worked.new[stages.scalars.elements["W1"][0, 0].name]) < 1e-12
