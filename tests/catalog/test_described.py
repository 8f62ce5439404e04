"""What the command line prints of a row."""

import pytest

from symbackprop.catalog.described import TABLES, described
from symbackprop.errors import UnknownNameError


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in TABLES.items() for name in table])
def test_every_row_shows_its_equations_and_its_source(kind, name):
    text = described(name)
    row = TABLES[kind][name]
    for line in getattr(row, "equations", getattr(row, "formula", "")).strip().splitlines():
        assert line.strip() in text
    assert f"source: {row.source}" in text


def test_dense():
    text = described("dense")
    assert "z[j] = sum(W[j, i] * x[i], i) + b[j]" in text
    assert "parameter W: units x n (weights in a file)" in text


def test_unknown_rows_name_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'dense'"):
        described("dens")
