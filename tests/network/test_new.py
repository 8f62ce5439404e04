import pytest

from symbackprop.errors import InputError
from symbackprop.network import load, template, write_new
from symbackprop.network.model import Network


def test_all_formats_describe_one_network(tmp_path):
    networks = []
    for suffix in ("toml", "yaml", "yml", "json"):
        write_new(tmp_path / f"net.{suffix}")
        networks.append(load(tmp_path / f"net.{suffix}"))
    assert all(net == networks[0] for net in networks)


@pytest.mark.parametrize("suffix", ["toml", "yaml"])
def test_every_key_of_a_network_is_explained(suffix):
    text = template(f"net.{suffix}")
    assert [key for key in Network.model_fields if key not in text] == []


def test_what_is_commented_out_is_right_as_well(tmp_path):
    """Take the comment signs from the sections of a user's own, and the file still loads."""
    text = template("net.toml")
    own = text[text.index("# [activations]") :]
    own = "\n".join(line[2:] for line in own.splitlines() if not line.startswith(("# Losses of", "# Layers of")))
    path = tmp_path / "net.toml"
    path.write_text(text.replace('"tanh"', '"bent"') + "\n" + own)
    net = load(path)
    assert (list(net.losses), list(net.layer_types), net.layers[0].activation.type) == (["cubic"], ["gated"], "bent")


def test_the_name_comes_from_the_path_if_it_is_a_name():
    assert 'name = "spiral"' in template("folder/spiral.toml")
    assert 'name = "my_network"' in template("2 words.toml")
    assert 'name: "null"' in template("null.yaml")


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_new(path)
    assert path.read_text() == "mine"


def test_other_places_and_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot make 'net\.txt'"):
        template("net.txt")
    with pytest.raises(InputError, match="cannot write"):
        write_new(tmp_path / "no" / "net.toml")
