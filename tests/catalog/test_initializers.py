import math
import re

import pytest

from symbackprop.catalog import INITIALIZERS

# What the papers say, for 3 inputs and 5 outputs.
PUBLISHED = {
    "zeros": ("constant", 0.0),
    "ones": ("constant", 1.0),
    "random_uniform": ("uniform", 0.05),
    "random_normal": ("normal", 0.05),
    "glorot_uniform": ("uniform", math.sqrt(6 / 8)),
    "glorot_normal": ("truncated_normal", math.sqrt(2 / 8)),
    "he_uniform": ("uniform", math.sqrt(6 / 3)),
    "he_normal": ("truncated_normal", math.sqrt(2 / 3)),
    "lecun_uniform": ("uniform", math.sqrt(3 / 3)),
    "lecun_normal": ("truncated_normal", math.sqrt(1 / 3)),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_scale(name):
    row = INITIALIZERS[name]
    assert set(re.findall(r"[A-Za-z_]\w*", row.scale)) <= {"fan_in", "fan_out"}
    found = eval(row.scale, {"fan_in": 3, "fan_out": 5})
    assert (row.distribution, found) == (PUBLISHED[name][0], pytest.approx(PUBLISHED[name][1]))


def test_every_rule_names_its_source():
    assert all(row.source and name == row.name for name, row in INITIALIZERS.items())
    assert set(PUBLISHED) <= set(INITIALIZERS)
