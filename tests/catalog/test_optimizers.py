from symbackprop.catalog import OPTIMIZERS
from symbackprop.expressions import Read, tensors_read
from symbackprop.language import parse_equations


def test_sgd_goes_down_the_gradient():
    (statement,) = parse_equations(OPTIMIZERS["sgd"].equations)
    assert statement.tensor == "w"
    assert statement.rhs == Read("w") - Read("learning_rate") * Read("g")


def test_an_optimizer_reads_its_options_its_state_and_nothing_else():
    for name, row in OPTIMIZERS.items():
        assert row.name == name and row.source
        statements = parse_equations(row.equations)
        assert statements[-1].tensor == "w"
        known = {"w", "g", "step", *row.state, *row.options}
        for statement in statements:
            assert set(tensors_read(statement.rhs)) <= known
            known.add(statement.tensor)
