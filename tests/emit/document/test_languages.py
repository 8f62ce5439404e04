"""Every row of the catalogue is told in every language, and no word of a document is from anywhere but its phrases."""

import json
import re
from html import unescape

import pytest

import symbackprop as sb
from symbackprop.catalog import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS
from symbackprop.emit.document import Choices, compose, document
from symbackprop.emit.document.phrases import Phrases, languages, phrases
from symbackprop.emit.page.typeset import typeset
from symbackprop.explorable import explored
from symbackprop.material import material
from symbackprop.network import Network, load
from symbackprop.proofreading import proofread
from symbackprop.reading.words import meaning
from symbackprop.worksheet import documents, friendly
from tests.catalog.test_layers import CASES, network

OTHERS = [language for language in languages() if language != "en"]
WORD = re.compile(r"(?<!\w)[A-Za-z]{2,}(?!\w)")
ENGLISH = {word.lower() for phrase in phrases("de") for word in WORD.findall(phrase)}
FUNCTIONS = ["exp", "log", "erf", "sign", "sin", "cos", "sinh", "cosh", "max", "min", "arg", "digamma", "lgamma"]
# Names are no words: functions and optimizers are called alike everywhere, and a network names its layers itself.
NAMES = {
    word.lower()
    for name in (*FUNCTIONS, *ACTIVATIONS, *OPTIMIZERS, "it", "mate", "third", "net", "loss_and_grad in gradients.py")
    for word in re.findall("[A-Za-z]+", name)
}  # fmt: skip


def words(text):
    return {word.lower() for word in WORD.findall(unescape(text))}


def told(page):
    """The words of the running text of a page, and the English ones of its drawings and of what is read aloud.

    Among the latter are signs such as delta and uk, which are no words of any language.
    """
    facts = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    more = " ".join(one for one in strings(json.loads(facts[1])) if "<" in one) if facts else ""
    page = re.sub(r"<(script|style|pre)\b.*?</\1>", " ", page, flags=re.DOTALL) + more
    drawings = re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)
    aloud = " ".join(re.findall(r'(?:aria-label|alttext)="([^"]*)"', page) + drawings)
    text = re.sub(r"<svg\b.*?</svg>|<m[ino]\b[^>]*>[^<]*</m[ino]>", " ", page, flags=re.DOTALL)
    return words(re.sub(r"<[^>]+>", " ", text)) | (words(re.sub(r"<[^>]+>|_{[^}]*}", " ", aloud)) & ENGLISH)


def strings(value):
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for part in parts for one in strings(part)]


def foreign(net, language, report):
    """The words of a page that no phrase of its language has."""
    stages = sb.derive(net).stages
    made = material(stages, report, choices=Choices(language=language))
    known = set().union(*map(words, phrases(language).values()))
    # What a page makes up numbers for is told where there are some.
    return told(typeset(compose(made), explored(stages, made) if made.step is not None else None)) - known - NAMES


def of_layer(row):
    return network(next(case for case in CASES if case.row == row))


def of_loss(name):
    units = 3 if name == "triplet" else 2
    return load(f"2 -> {units} softmax, loss={name}")


def of_optimizer(name):
    table = friendly(load("1 -> 1 tanh, loss=mse"), 3).as_table()
    return Network.from_table({**table, "training": {"optimizer": {"type": name}}})


NETWORKS = {
    **{name: lambda name=name: friendly(load(f"1 -> 2 {name} -> 1, loss=mse"), 3) for name in ACTIVATIONS},
    **{f"{name}, in symbols": lambda name=name: load(f"2 -> 2 {name}, loss=mse") for name in ACTIVATIONS},
    **{f"loss {name}": lambda name=name: friendly(of_loss(name), 3) for name in LOSSES},
    **{f"loss {name}, in symbols": lambda name=name: of_loss(name) for name in LOSSES},
    **{f"layer {name}": lambda name=name: of_layer(name) for name in LAYERS},
    **{f"optimizer {name}": lambda name=name: of_optimizer(name) for name in OPTIMIZERS},
}


# One language each, in turn: that every phrase is in all of them is a test of the phrases.
IN_TURN = [(name, OTHERS[place % len(OTHERS)]) for place, name in enumerate(NETWORKS)]


@pytest.mark.parametrize(("name", "language"), IN_TURN)
def test_every_word_is_from_the_phrases_of_the_language(name, language, report):
    assert foreign(NETWORKS[name](), language, report) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_the_words_in_formulas_are_read_in_every_language(language):
    assert all(meaning(Phrases(language).words(word)) == word for word in ("and", "or", "not", "if", "otherwise"))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", ["relu6", "layer max_pooling1d"])
def test_documents_are_read_back_in_every_language(name, language, report):
    stages = sb.derive(NETWORKS[name]()).stages
    made = material(stages, report, choices=Choices(language=language))
    found = proofread(stages, report, {"html": typeset(compose(made)), "latex": document(made)})
    assert found.passed and not found.unread
    assert found.relations.right == found.relations.count > 3
    assert f"<mtext>{Phrases(language).words('otherwise')}</mtext>" in typeset(compose(made)) or "layer" in name


TITLES = [("de", "Das 2-2-2-Netz"), ("fr", "Le réseau 2-2-2"), ("zh", "2-2-2 网络")]


@pytest.mark.parametrize(("language", "title"), TITLES)
def test_the_title_that_is_made_up_heads_worksheets_too(language, title):
    sheet, answers, _ = documents(load("2 -> 2 tanh -> 2, loss=mse"), 3, language=language)
    assert sheet.running == answers.running == title


def test_the_title_of_a_french_page_has_a_space_before_its_colon(material_of):
    page = typeset(compose(material_of("line", choices=Choices(language="fr"))))
    assert "<title>La rétropropagation, pas à pas\u00a0: " in page


def test_a_bias_of_several_values_is_headed_by_a_plural(material_of):
    layer = {"type": "dense", "units": 2, "activation": "tanh", "weights": [[0.3, 0.1], [0.2, 0.4]]}
    sample = {"x": [0.5, 1], "t": [1, 0]}
    heads = []
    for bias in (0.1, [0.1, 0.2]):
        net = Network.from_table({"inputs": 2, "loss": "mse", "layers": [{**layer, "bias": bias}], "sample": sample})
        facts = compose(material_of(net, choices=Choices(language="de"))).opening[1]
        heads.append([title for title, _ in facts.right if title[0].startswith("Bias")])
    assert heads == [[("Bias",)], [("Bias-Werte",)]]


def test_german_has_one_word_for_a_bias():
    assert not [phrase for phrase in phrases("de").values() if "chwelle" in phrase]
