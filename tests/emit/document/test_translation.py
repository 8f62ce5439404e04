"""A document is told in another language as a whole: nothing English is left, and every formula is still there."""

import re
import tomllib
from dataclasses import replace

import pytest

from symbackprop.display import latex
from symbackprop.emit.document import Choices, compose
from symbackprop.emit.document.blocks import Mention
from symbackprop.emit.document.phrases import FOLDER, HOLE, Phrases, joined, languages, refuse_letters
from symbackprop.emit.document.translation import Translator, template
from symbackprop.errors import InputError, UnknownNameError

OTHERS = [language for language in languages() if language != "en"]
FULL_WIDTH = {"。": ".", "：": ":", "；": ";", "，": ","}
# Words that are in most English sentences, and in none of the other languages.
ENGLISH = re.compile(r"\b(the|of|every|and|is|are|with|by|for|how|what|its|which)\b")


def test_german_is_there():
    assert "de" in OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_holes_are_the_same(language):
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))["phrases"]
    assert len(table) > 200
    for english, other in table.items():
        assert sorted(HOLE.findall(english)) == sorted(HOLE.findall(other)), english
        assert other.strip(), english
        ends = {other[-1:], FULL_WIDTH.get(other[-1:], other[-1:])}
        assert english.rstrip()[-1:] in ends or english[-1:] in ends or english[-1:] not in " :." or len(english) < 20


def test_every_language_has_the_same_phrases():
    tables = [tomllib.loads((FOLDER / f"{one}.toml").read_text(encoding="utf-8"))["phrases"] for one in OTHERS]
    assert all(table.keys() == tables[0].keys() for table in tables)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("network", ["mazur", "xor", "line", "mnist", "lstm", "cnn", "attention", "transformer"])
def test_nothing_english_is_left(network, language, material_of, monkeypatch):
    missing = []
    say, text = Phrases.__call__, Translator.text

    def said(self, phrase, **holes):
        missing.extend([phrase] if self.find(phrase) is None else [])
        return say(self, phrase, **holes)

    def told(self, given):
        result = text(self, given)
        key = template(result)[0]
        # Titles are the user's own words.
        missing.extend([key] if ENGLISH.search(key) and ": " not in key else [])
        return result

    monkeypatch.setattr(Phrases, "__call__", said)
    monkeypatch.setattr(Translator, "text", told)
    given = replace(material_of(network), facts=replace(material_of(network).facts, title="X"))
    for choices in (Choices(language=language), Choices(form="index", language=language)):
        compose(replace(given, choices=choices))
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_formulas_stay(language, composed):
    english, other = composed("mazur"), composed("mazur", choices=Choices(language=language))
    assert [latex(one.lhs) for one in english.relations] == [latex(one.lhs) for one in other.relations]
    assert [section.label for section in english.sections] == [section.label for section in other.sections]
    assert other.language == language
    assert other.title != english.title


def test_a_text_is_taken_apart_where_it_is_not_known_as_a_whole():
    tell = Translator(Phrases("de"))
    mention = Mention("tab:a", "Table")
    assert tell.text(("Three inputs, two hidden neurons and one output neuron. ",)) == (
        "Drei Eingaben, zwei verdeckte Neuronen und ein Ausgabeneuron. ",
    )
    assert tell.text(("4 samples, see ", mention)) == ("4 Beispiele, siehe ", Mention("tab:a", "Tabelle"))
    assert tell.text(("no such phrase",)) == ("no such phrase",)


def test_holes_are_filled_with_pieces():
    mention = Mention("eq:a")
    assert joined(["a", "", "b", mention]) == ("ab", mention)
    assert Phrases()("see {place}{end}", place=mention, end=("!", "?")) == ("see ", mention, "!?")
    with pytest.raises(UnknownNameError, match="unknown language 'xx'"):
        Phrases("xx")


def test_chinese_has_no_spaces_where_its_characters_and_marks_meet():
    tell = Translator(Phrases("zh"))
    mention = Mention("tab:a", "Table")
    assert tell.text(("Three inputs, two hidden neurons and one output neuron. ",)) == (
        "3 个输入，2 个隐藏神经元和 1 个输出神经元。",
    )
    assert tell.text(("4 samples, see ", mention)) == ("4 个样本，见 ", Mention("tab:a", "表"))


def test_formats_that_do_not_have_the_letters_are_refused():
    refuse_letters(("latex", "pdf", "html"), "fr")
    refuse_letters(("html",), "zh")
    with pytest.raises(InputError, match="the format pdf cannot be written in the language 'zh'") as caught:
        refuse_letters(("html", "pdf"), "zh")
    assert "--to html" in str(caught.value)
