"""Labels and tokens of a sample are looked at before anything is derived."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import InputError

FILE = """
name = "words"
loss = "half_squared_error"
inputs = 4

[[layers]]
type = "embedding"
input_dim = 5
output_dim = 1

[sample]
x = {tokens}
t = [[1], [2], [3], [4]]
"""


def read(tmp_path, tokens):
    (tmp_path / "words.toml").write_text(FILE.format(tokens=tokens))
    return sb.derive(str(tmp_path / "words.toml"))


@pytest.mark.parametrize(("tokens", "wrong", "column"), [("[0, 1.5, 2, 3]", "1.5", 9), ("[0, 1, 2, 5]", "5", 15)])
def test_a_token_that_is_none_is_named_with_its_place(tmp_path, tokens, wrong, column):
    with pytest.raises(InputError, match=f"x holds {wrong}, but should hold whole numbers from 0 to 4") as caught:
        read(tmp_path, tokens).compile()
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.column) == (12, column)


def test_tokens_of_the_table_are_taken(tmp_path):
    _, gradients = (
        read(tmp_path, "[0, 4, 4, 3]")
        .compile()
        .loss_and_grad({"W1": np.ones((5, 1))}, [0, 4, 4, 3], [[1], [2], [3], [4]])
    )
    assert gradients["W1"].ravel().tolist() == [0, 0, 0, -0.75, -0.75]


@pytest.mark.parametrize("label", ["3", "-1", "0.5"])
def test_labels_of_equations(tmp_path, label):
    text = 'shapes = { z = [3], t = [] }\nequations = "E = log(sum(exp(z))) - z[t]"\nwrt = ["z"]\n'
    (tmp_path / "own.toml").write_text(f"{text}[values]\nz = [1, 2, 3]\nt = {label}\n")
    with pytest.raises(InputError, match=f"t holds {label}, but should hold whole numbers from 0 to 2") as caught:
        sb.derive(str(tmp_path / "own.toml")).compile()
    assert caught.value.mistakes[0].line == 6
