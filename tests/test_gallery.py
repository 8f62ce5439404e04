"""The gallery of bundled networks, and how it is compared."""

import pytest

from symbackprop import gallery


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(gallery, "bundled", lambda: {"line": ""})


def test_what_was_written_is_up_to_date(small, tmp_path):
    (line,) = gallery.write(tmp_path)
    assert "gradients certified" in line
    assert gallery.compare(tmp_path) == []


def test_every_difference_is_named(small, tmp_path):
    gallery.write(tmp_path)
    (tmp_path / "line" / "gradients.py").write_text("edited")
    (tmp_path / "line" / "expressions.py").unlink()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "derivation.tex").write_text("stale")
    assert gallery.compare(tmp_path) == [
        "line/expressions.py: missing",
        "line/gradients.py: differs",
        "old/derivation.tex: belongs to no bundled network",
    ]


@pytest.mark.needs("pdflatex")
def test_small_networks_are_printed(small, tmp_path):
    gallery.write(tmp_path)
    assert (tmp_path / "line" / "derivation.pdf").read_bytes().startswith(b"%PDF-")
