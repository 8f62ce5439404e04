"""LaTeX source → a PDF: finds an engine, runs it safely until references are stable, and reads its log."""

from symbackprop.tex.compilation import Compiled, compiled, pdf
from symbackprop.tex.engine import Engine, engines
from symbackprop.tex.log import Complaints, complaints

__all__ = ["Compiled", "Complaints", "Engine", "compiled", "complaints", "engines", "pdf"]
