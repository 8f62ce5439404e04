"""How a network shows itself."""

from symbackprop.network import Dense, Network, load


def test_a_network_is_one_short_line():
    assert repr(load("mazur")) == "<Network mazur: dense -> dense>"
    deep = Network(2, *(Dense(2, "tanh") for _ in range(20)), loss="mse")
    assert repr(deep) == "<Network network: dense -> dense -> dense -> … -> dense>"


def test_a_notebook_gets_text_and_a_drawing():
    assert set(load("mazur")._repr_mimebundle_()) == {"text/plain", "text/html"}
