"""The document of a network, from its description on."""

from functools import lru_cache

import pytest

import symbackprop as sb
from symbackprop.emit.document import compose
from symbackprop.material import material


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
