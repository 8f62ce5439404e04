"""The page: well-formed HTML that needs nothing else, says what the document says, and can be read by everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from symbackprop.display import Number, Relation, Row, Symbol, integer, plus
from symbackprop.display.tree import walk
from symbackprop.emit.document import compose
from symbackprop.emit.document.blocks import Block, Display, Document, Mention, Paragraph, Section
from symbackprop.emit.document.phrases import language_file, languages, phrases
from symbackprop.emit.page import page
from symbackprop.emit.page.lines import lines
from symbackprop.emit.page.numbering import numbering
from symbackprop.emit.page.prose import Prose
from symbackprop.emit.page.typeset import environment, typeset
from symbackprop.explorable import explored
from symbackprop.material import material
from symbackprop.network import Dense, Network, load
from symbackprop.notation import given
from symbackprop.pipeline import Stages
from symbackprop.verify.report import Check, Report

NETWORKS = ("mazur", "xor", "line", "mnist", "lstm", "attention", "autoencoder")
VOID = {"meta", "link", "br", "wbr", "hr", "img", "input"}


class Page(HTMLParser):
    """Every element of a page with its attributes, and whether all that was opened was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.inside.setdefault(self.open[-1], []).append(data)

    def values(self, attribute: str) -> list[str]:
        return [value or "" for _, found in self.elements for name, value in found.items() if name == attribute]


@cache
def stages(name: str) -> Stages:
    return Stages(load(name))


@cache
def made(name: str) -> str:
    return page(given_material(stages(name)))


def given_material(found: Stages):
    return material(found, Report(found.network.name, (Check("W1", "complex step", 0.0, "1e-9", True),)))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_link_leads_to_one_place(name):
    found = Page(made(name))
    places = Counter(found.values("id"))
    assert max(places.values()) == 1
    links = [href for href in found.values("href") if href != "data:,"]
    assert len(links) > 5
    assert {href.removeprefix("#") for href in links} <= set(places)
    assert all(href.startswith("#") for href in links)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_comes_from_anywhere_else(name):
    found = Page(made(name))
    assert found.values("src") == []
    assert not re.search(r"url\(|@import|https?:(?!//www\.w3\.org)", made(name))
    assert found.values("style") == [], "the policy forbids it"
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]


def test_the_policy_allows_the_pages_own_style_and_scripts_alone():
    found = Page(made("mazur"))
    (policy,) = [a["content"] for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    (style,) = found.inside["style"]
    scripts = re.findall(r"<script>(.*?)</script>", made("mazur"), re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, *scripts)}
    assert digests == allowed


@pytest.mark.parametrize("name", NETWORKS)
def test_headings_and_landmarks(name):
    found = Page(made(name))
    tags = [tag for tag, _ in found.elements]
    assert tags.count("main") == tags.count("h1") == 1
    assert tags.count("nav") == 1
    assert found.elements[0] == ("html", {"lang": "en"})
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_cannot_be_seen_is_said(name):
    found = Page(made(name))
    formulas = [a for tag, a in found.elements if tag == "math"]
    assert len(formulas) > 20
    assert all(a.get("alttext") for a in formulas)
    pictures = [a for tag, a in found.elements if tag == "svg"]
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)
    regions = [a for _, a in found.elements if a.get("role") == "region"]
    assert all(a.get("aria-label") for a in regions)
    assert all(a.get("scope") == "col" for tag, a in found.elements if tag == "th")


@pytest.mark.parametrize("name", ["mazur", "xor"])
def test_it_says_what_the_document_says(name):
    composed = compose(given_material(stages(name)))
    text = made(name)
    printed = set(re.findall(r"<mn>([^<]*)</mn>", text))
    wanted = {node.text for relation in composed.relations for node in relation_numbers(relation)}
    assert wanted <= printed
    labels = [row.label for relation in composed.relations for row in relation.rows if row.label]
    assert len(labels) > 10
    numbers = re.findall(r'aria-label="Equation (\d+)"', text)
    assert numbers == [str(n) for n in range(1, len(labels) + 1)]


def relation_numbers(relation: Relation) -> list[Number]:
    return [node for node in walk(relation) if isinstance(node, Number) and node.text.replace(".", "").isdigit()]


def test_the_colours_can_be_read_on_their_paper():
    style = Page(made("mazur")).inside["style"][0]
    light, dark = (
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    )
    assert set(dark) <= set(light)
    for palette in (light, dark):
        for ink in ("ink", "soft", "accent", "heading", "error", "slope", "input", "delta", "warn"):
            for paper in ("paper", "fill"):
                assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_what_a_user_wrote_stays_text():
    network = Network(
        2,
        Dense(2, "sigmoid", weights=[[1, 2], [3, 4]]),
        loss="mse",
        title="</script><script>alert(1)</script> & co",
        authors=["<b>A</b>"],
        sample={"x": [1, 2], "t": [0, 1]},
    )
    text = page(given_material(Stages(network)))
    assert "alert(1)</script>" not in text
    assert "&lt;b&gt;A&lt;/b&gt;" in text
    Page(text)


def test_the_same_network_gives_the_same_bytes():
    again = page(given_material(Stages(load("mazur"))))
    assert again == made("mazur")


def kinds(block: type[Block]) -> list[str]:
    return [kind.__name__.lower() for kind in block.__subclasses__()]


def test_every_kind_of_block_has_a_macro():
    macros = environment().get_template("page/blocks.html.j2").module
    assert len(kinds(Block)) > 9
    assert [kind for kind in kinds(Block) if not hasattr(macros, kind)] == []


A, B = Symbol(given("a")), Symbol(given("b"))


def test_a_line_ends_at_a_reason_or_a_number():
    rows = (Row("=", A), Row("=", B, reason="so"), Row("≈", Number("0.5"), label="eq:one"), Row("=", A))
    found = list(lines(Relation(A, rows), Prose({"eq:one": "4"})))
    assert [(bool(line.lhs), line.reason, line.number, line.anchor) for line in found] == [
        (True, "so", "", ""),
        (False, "", "4", "eq-one"),
        (False, "", "", ""),
    ]
    assert found[0].body.count('class="member"') == 2


def test_a_long_sum_can_be_broken_at_its_signs():
    short, long = (
        plus(*(Symbol(given(f"{letter}{n}")) for n in range(1, count))) for letter, count in (("a", 3), ("w", 30))
    )
    assert "<wbr>" not in next(iter(lines(Relation(A, (Row("=", short),)), Prose({})))).body
    body = next(iter(lines(Relation(A, (Row("=", long),)), Prose({})))).body
    assert body.count("<wbr>") > 5
    assert body.count('<mo form="infix">+</mo>') == 28
    assert body.count('<mo form="infix">=</mo>') == 1


def test_numbers_count_each_kind():
    shown = Display((Relation(A, (Row("=", B, label="eq:b"), Row("=", integer(1), label="eq:one"))),))
    mention = Paragraph((Mention("sec:two", "Section"), " by ", Mention("eq:one")))
    document = Document(
        "T", "S", "R", (), (shown,), (Section("One", "sec:one", ()), Section("Two", "sec:two", (mention,)))
    )
    assert numbering(document) == {"eq:b": "1", "eq:one": "2", "sec:one": "1", "sec:two": "2"}
    assert '<a href="#sec-two">Section\N{NO-BREAK SPACE}2</a> by <a href="#eq-one">(2)</a>' in typeset(document)


def test_the_page_speaks_the_language_of_its_document(tmp_path, monkeypatch):
    (tmp_path / "xx.toml").write_text(
        '[phrases]\n"Contents" = "Inhalt"\n"One step" = "Ein Schritt"\n"Pause" = "Anhalten"\n"unused" = "nie"\n'
        '"{a} is linear in {b}" = "{a} linear in {b}"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr("symbackprop.emit.document.phrases.FOLDER", tmp_path)
    english = given_material(stages("mazur"))
    made = replace(english, choices=replace(english.choices, language="xx"))
    language_file.cache_clear()
    try:
        text = page(made, explored(stages("mazur"), made))
    finally:
        language_file.cache_clear()
    assert Page(text).elements[0] == ("html", {"lang": "xx"})
    assert "<summary>Inhalt</summary>" in text
    assert ">Ein Schritt</button>" in text
    assert '"words":{"Pause":"Anhalten"}' in text
    assert "linear in \\u003cmath" in text


SAID = re.compile(r'say\((?:[a-z]+ > 1 \? )?"([^"]+)"')


@pytest.mark.parametrize("language", [one for one in languages() if one != "en"])
def test_every_phrase_of_the_page_is_in_every_language(language):
    known = phrases(language)
    sources = [
        environment().loader.get_source(environment(), name)[0]
        for name in environment().list_templates()
        if name.startswith("page/")
    ]
    said = {phrase for source in sources for phrase in SAID.findall(source)}
    assert len(said) > 30
    assert sorted(said - known.keys()) == []
    shown = explored(stages("mazur"), given_material(stages("mazur")))
    assert sorted({title for title, _ in shown.fields} - known.keys()) == []


def test_a_german_page_is_german():
    english = given_material(stages("mazur"))
    german = replace(english, choices=replace(english.choices, language="de"))
    text = page(german, explored(stages("mazur"), german))
    assert '<html lang="de">' in text
    for words in (
        "Inhalt",
        "Abbildung",
        "Damit arbeiten",
        "Ein Schritt",
        "Ableitung des Fehlers",
        "ist linear in",
        ">verdeckt<",
    ):
        assert words in text
    assert not re.search(r">(One step|Contents|Work with it|Figure|Table) ?<|derivative of|>hidden<", text)
