"""A few documents of the corpus: TeX has nothing to complain about, and KaTeX renders every formula."""

import importlib.util
import os
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.tex import compiled, engines

PLACE = Path(__file__).parents[1] / "corpus.py"
KATEX = Path(os.environ.get("KATEX", "")) if os.environ.get("KATEX") else None


@pytest.fixture(scope="module")
def corpus():
    spec = importlib.util.spec_from_file_location("corpus", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_corpus_has_every_kind_and_is_repeatable(corpus):
    first, again = (list(corpus.networks(40)) for _ in range(2))
    assert first == again
    assert {name.rpartition("_")[0] for name, _ in first} == {kind.__name__ for kind in corpus.KINDS}


@pytest.mark.needs("pdflatex")
@pytest.mark.parametrize("number", [2, 3, 8])
def test_tex_has_nothing_to_complain_about(corpus, number):
    name, description = list(corpus.networks(number + 1))[number]
    source = corpus.source(sb.Network.model_validate({"name": name, **description}))
    done = compiled(source, next(engines()))
    assert done.pdf
    assert not done.found


def test_formulas_are_taken_out_of_a_document(corpus):
    source = (
        "$no$ \\begin{document} a $x$ and $y_{1}$ \\begin{align}a &= \\eqref{eq:a} \\label{eq:a}\\end{align}"
        "\\begin{tikzpicture}$z$\\end{tikzpicture}"
    )
    assert corpus.formulas(source) == ["\\begin{align*}a &= (1)\\end{align*}", "x", "y_{1}"]


@pytest.mark.needs("node")
@pytest.mark.skipif(
    KATEX is None, reason="KATEX does not name a folder with KaTeX; tests/corpus.py --katex installs it"
)
def test_katex_renders_every_formula(corpus):
    assert corpus.katex_faults(KATEX, corpus.formulas(corpus.source(sb.load("lstm")))) == []
    assert corpus.katex_faults(KATEX, [r"\nosuchmacro"])
