"""The document of a network, from its description on."""

from functools import lru_cache

import pytest

import symbackprop as sb
from symbackprop.emit.document import compose
from symbackprop.material import material

RIDGE = """
name = "ridge"
wrt = ["w", "b"]
loss = "E"
equations = '''
r = X @ w + b - t
E = (sum(r**2) + lam*sum(w**2))/2
'''

[shapes]
X = ["n", "d"]
w = "d"
b = []
t = "n"
lam = []
"""


@pytest.fixture(scope="session")
def report():
    """That of another network, since what it found is not the matter here."""
    return sb.derive("line").verify()


@pytest.fixture(scope="session")
def stages_of():
    """The stages of a bundled network, made once."""
    return lru_cache(lambda name: sb.derive(name).stages)


@pytest.fixture
def material_of(report, stages_of):
    def made(network, **options):
        stages = stages_of(network) if isinstance(network, str) else sb.derive(network).stages
        return material(stages, report, **options)

    return made


@pytest.fixture
def composed(material_of):
    return lambda network, **options: compose(material_of(network, **options))


@pytest.fixture
def program(tmp_path):
    """The file of bare equations: what they are differentiated by belongs to no layer."""
    path = tmp_path / "ridge.toml"
    path.write_text(RIDGE, encoding="utf-8")
    return str(path)
