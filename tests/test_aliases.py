"""Names of other notations → our names."""

import pytest

import symbackprop as sb
from symbackprop.aliases import aliases, known_as
from symbackprop.errors import UnknownNameError
from symbackprop.explain import explain


def known(network):
    stages = sb.derive(network).stages
    return aliases(stages.graph.tensors, stages.scalars.places)


@pytest.mark.parametrize(
    ("name", "own"), [("out_o1", "a2_1"), ("out_{h2}", "a1_2"), ("NET_H1", "z1_1"), ("i2", "x2"), ("target_o1", "t1")]
)
def test_names_of_the_article(name, own):
    assert f"did you mean {own!r}?" in known_as(name, known("mazur"))


def test_weights_numbered_through_a_network_without_names_of_its_own():
    found = known("2 -> 3 tanh -> 1, loss=mse")
    assert "'W1_31'" in known_as("w5", found)
    assert "'W2_13'" in known_as("w9", found)


def test_each_of_several_samples_is_told():
    text = known_as("out_o1", known("xor"))
    assert "'a2_s1_1'" in text and "'a2_s4_1'" in text


def test_in_a_deeper_network_hidden_layers_bear_their_number():
    found = known("2 -> 3 tanh -> 3 tanh -> 2, loss=mse")
    assert "'a2_3'" in known_as("out_h2,3", found)
    assert "'z3_1'" in known_as("out_o1", found)


def test_of_an_unknown_place_its_layer_is_listed():
    assert known_as("net_o4", known("mazur")) == "net_o has here: z2_1, z2_2"


def test_other_words_say_nothing():
    assert not known_as("foo", known("mazur"))
    assert not known_as("w99", known("mazur"))


def test_explain_and_a_document_give_the_hint(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'a1_2'"):
        explain(sb.derive("mazur"), "out_h2")
    with pytest.raises(UnknownNameError, match="did you mean 'W1_12'"):
        sb.derive("2 -> 2 tanh -> 1, loss=mse").write(tmp_path, ("latex",), only=["w2"])
