"""Text of a stranger's, put through every format there is, is text afterwards: it closes, opens and runs nothing."""

import re
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from html.parser import HTMLParser

import pytest

from symbackprop.emitters import EMITTERS, Findings
from symbackprop.facade import derive

TEXTS = [
    "\"; open('ran', 'w') #",
    "'; open('ran', 'w'); '",
    '"""\nopen("ran", "w")\n"""',
    "'''\nopen('ran', 'w')\n'''",
    '\\"\\"\\" \\',
    '*/ int x = system("touch ran"); /*',
    "// \\\nx",
    "</script><script>fetch('x')</script>",
    "<img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "&lt;b&gt; & < > \" '",
    "--><b>]]></style></title></svg>",
    "\\input{/etc/passwd}",
    "\\write18{touch ran} \\immediate\\openout0=ran",
    "\\end{document} \\catcode`\\%=12 ^^5cinput{/etc/passwd}",
    "$x^2$ % comment \\\\ {a} _ ^ ~ # & }{",
    "{{ 7 * 7 }} {% raw %} {# #} ((( 7 * 7 ))) \\VAR{7*7} \\BLOCK{x} <# #> << >> [[ ]]",
    "a\nb\rc\td\u2028e",
    "zero\u200bwidth \ufeff \u200f",
    "é漢字🙂 ½ ∂",
    "%s %n {0} ${x} `x`",
]
WHOLE = " ".join(TEXTS)[:300]


@cache
def stages(title):
    """A network that says a text wherever it may say any; a comment in a formula is one too."""
    return derive(
        {
            "name": "mine",
            "title": title[:300],
            "authors": [title[:300], "Ada"],
            "inputs": ["i1", "i2"],
            "loss": "half_squared_error",
            "layers": [
                {
                    "type": "dense",
                    "units": 2,
                    "activation": "bent",
                    "weights": [[0.1, 0.2], [0.3, 0.4]],
                    "bias": 0.35,
                    "names": {"weights": [["w1", "w2"], ["w3", "w4"]], "bias": "b1"},
                }
            ],
            "activations": {"bent": "z * sigmoid(z)  # " + " ".join(title.split())},
            "sample": {"x": [0.05, 0.1], "t": [0.01, 0.99]},
        }
    ).stages


@pytest.fixture(scope="module")
def report():
    return derive("mazur").verify()


def made(name, title, report):
    return EMITTERS[name].make(stages(title), Findings(report))


class Tags(HTMLParser):
    """The elements of a page with their attributes' names, in order."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}",))


def tags(page):
    reader = Tags()
    reader.feed(page)
    return reader.found


def commands(source):
    """What TeX would run, without the ways to write a character."""
    source = re.sub(r"\\[%#&_{}$]|\\(textbackslash|text\w+|ensuremath|symbol|char)\b", " ", source)
    return sorted(set(re.findall(r"\\(?:[A-Za-z]+|.)|\^\^|\$", source)))


def depth(source):
    source = re.sub(r"\\[\\{}]", " ", source)
    return source.count("{") - source.count("}")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text)[:30])
@pytest.mark.parametrize("name", [name for name, emitter in EMITTERS.items() if not emitter.file.endswith(".pdf")])
def test_text_is_text(name, text, report):
    plain, hostile = made(name, "harmless", report), made(name, text, report)
    if EMITTERS[name].file.endswith(".html"):
        assert tags(hostile) == tags(plain)
        assert "\ufeff" not in hostile or "\ufeff" in text
    elif EMITTERS[name].file.endswith(".tex"):
        assert set(commands(hostile)) <= set(commands(plain)) | {"\\-", "\\ "}
        assert depth(hostile) == depth(plain) == 0
        assert hostile.count("\\end{document}") == 1
    else:
        # Code says nothing that a stranger may choose but names, which are checked: a format that prints a title has
        # to escape it, and this test has to learn how to tell.
        assert without_hashes(hostile) == without_hashes(plain)


def test_what_is_looked_for_would_be_found():
    assert "\\input" in commands(r"a \input{x}") and "^^" in commands("^^5c") and "$" in commands("$x$")
    assert commands(r"\% \textbackslash{}input\{x\} \$") == []
    assert depth(r"a { \{ \\} }}") == -2
    assert tags("<p>&lt;b&gt;</p>") == [("p",), ("/p",)] and ("img", "src", "onerror") in tags("<img src=x onerror=a>")


def without_hashes(text):
    return re.sub(r"\b[0-9a-f]{64}\b", "", text)


@pytest.mark.needs("pdflatex")
def test_tex_reads_all_of_it_as_text(report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for start in range(0, len(TEXTS), 7):
        assert made("pdf", " ".join(TEXTS[start : start + 7]), report).startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("pdflatex")
def test_a_document_that_reads_files_or_runs_programs_fails(tmp_path):
    from symbackprop.errors import SymbackpropError
    from symbackprop.tex import pdf

    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for command in (
        rf"\input{{{secret}}}",
        r"\immediate\write18{touch ran}",
        rf"\newwrite\f\immediate\openout\f={tmp_path}/ran",
    ):
        source = "\\documentclass{article}\\begin{document}x " + command + " y\\end{document}"
        with suppress(SymbackpropError):
            assert b"secret" not in pdf(source)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.txt"]


@pytest.mark.needs("cc")
def test_c_compiles_with_names_of_its_own(report, tmp_path):
    (tmp_path / "network.c").write_text(made("c", WHOLE, report), encoding="utf-8")
    done = subprocess.run(
        [shutil.which("cc"), "-fsyntax-only", "network.c"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
