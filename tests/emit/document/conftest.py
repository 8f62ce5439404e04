"""The document of a network, from its description on."""

import pytest

import symbackprop as sb
from symbackprop.emit.document import compose
from symbackprop.material import material


@pytest.fixture(scope="session")
def report():
    """That of another network, since what it found is not the matter here."""
    return sb.derive("line").verify()


@pytest.fixture
def material_of(report):
    def made(network, **options):
        return material(sb.derive(network).stages, report, **options)

    return made


@pytest.fixture
def composed(material_of):
    return lambda network, **options: compose(material_of(network, **options))
