"""What stands at the end of a page belongs to what is above it."""

import shutil
import subprocess

import pytest

from symbackprop.emit.document import Choices, compose
from symbackprop.emit.document.typeset import typeset
from symbackprop.tex import pdf


def test_a_sentence_stays_with_the_code_or_the_heading_that_it_is_about(composed):
    assert "the same gradients:\n\\nopagebreak\n\\begin{sbpcode}" in typeset(composed("mazur"))
    assert "one sample for all samples:\n\\nopagebreak\n\\sbpkept{\\subsection*{Hidden layer}}" in typeset(
        composed("mnist")
    )


@pytest.mark.skipif(not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="needs pdflatex and pdftotext")
@pytest.mark.parametrize(("network", "heading"), [("mazur", "À vérifier soi-même"), ("mnist", "Passe avant")])
def test_no_heading_is_stranded_with_its_sentence(network, heading, material_of, tmp_path):
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf(typeset(compose(material_of(network, choices=Choices(language="fr"))))))
    pages = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split("\f")
    (page,) = [page for page in pages if f"{heading}\n" in page]
    assert len(page.partition(heading)[2].splitlines()) > 10
