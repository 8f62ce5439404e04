"""The stages of a network."""

import symbackprop as sb
from symbackprop.pipeline import Stages


def test_a_different_network_has_a_different_hash():
    assert Stages(sb.load("mazur")).network_hash != Stages(sb.load("xor")).network_hash
