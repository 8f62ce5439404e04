"""What is kept from step to step is told by the state and by whether an update counts steps."""

from symbackprop.program import Assign, Leaf, Map, Training


def test_an_update_remembers_its_state_and_the_number_of_its_steps():
    plain = Assign("w", (), Leaf("g", ()))
    counting = Assign("w", (), Map("mul", (Leaf("g", ()), Leaf("step", ()))))
    assert not Training("sgd", (plain,)).remembers
    assert Training("momentum", (plain,), state={"m": 0.0}).remembers
    assert Training("adam", (plain, counting)).counts and Training("adam", (plain, counting)).remembers
    assert not Training("momentum", (plain,), state={"m": 0.0}).counts
