"""A worksheet gives nothing away, its answers are right, and a seed brings the same numbers back."""

import json

import pytest

import symbackprop as sb
from symbackprop.display import Number
from symbackprop.display.tree import walk
from symbackprop.emit.document.typeset import typeset
from symbackprop.emit.page.typeset import typeset as page
from symbackprop.errors import InputError, TooLargeError, UnsupportedError
from symbackprop.worksheet import documents, friendly, write


@pytest.fixture(scope="module")
def network():
    return sb.load("mazur")


@pytest.fixture(scope="module")
def pair(network):
    return documents(network, seed=7, blanks=True)[:2]


def computed(document):
    return {
        node.text
        for relation in document.relations
        for node in walk(relation)
        if isinstance(node, Number) and not node.exact
    }


def test_numbers_are_friendly_and_repeatable(network):
    first, again, other = (friendly(network, seed).as_table() for seed in (3, 3, 4))
    assert first == again != other
    weights = [float(w) for layer in first["layers"] for row in layer["weights"] for w in row]
    assert all(0.1 <= abs(weight) <= 0.9 and round(weight * 10, 9).is_integer() for weight in weights)
    assert first["layers"][0]["names"] == network.as_table()["layers"][0]["names"]


def test_the_sheet_gives_no_result_away(pair):
    sheet, answers = pair
    results = {text for text in computed(answers) if len(text) > 6}
    assert len(results) > 20
    source = typeset(sheet)
    assert {text for text in results if text in source} == set()
    assert r"\_\_\_\_\_\_" in source
    assert "If your own result differs" not in source


def test_the_sheet_has_a_gap_for_every_gradient(pair):
    sheet, answers = pair
    labels = [[row.label for one in document.relations for row in one.rows if row.label] for document in pair]
    assert labels[0] == labels[1]
    assert len(sheet.relations) == len(answers.relations)


@pytest.mark.parametrize(
    ("language", "said", "inside"),
    [
        ("en", "The outputs of empty neurons are to be written in. The bias", "Numbers inside"),
        ("de", "Die Ausgaben der leeren Neuronen sind einzutragen. Den Bias", "Zahlen in den Neuronen"),
        ("fr", "Les sorties des neurones vides sont à inscrire. Le biais", "nombres dans les neurones"),
        ("zh", "空白神经元的输出待填写。", "神经元内的数"),
    ],
)
def test_the_caption_says_nothing_of_numbers_that_are_left_out(network, language, said, inside):
    sheet, answers, _ = documents(network, 7, blanks=True, language=language, own_numbers=True)
    captions = ["".join(p for p in one.opening[0].caption if isinstance(p, str)) for one in (sheet, answers)]
    assert said in captions[0] and inside not in captions[0]
    assert said not in captions[1] and inside in captions[1]


def test_gaps_in_matrices_of_a_page_have_room_to_write_in(pair):
    sheet, answers = map(page, pair)
    assert '<mtable class="gaps">' in sheet and "mtable.gaps mtd { padding-block" in sheet
    assert '<mtable class="gaps">' not in answers


def test_given_numbers_stay(pair, network):
    source = typeset(pair[0])
    table = friendly(network, 7).as_table()
    assert f"w_{{1}} = {table['layers'][0]['weights'][0][0]}" in source
    assert f"x_{{1}} = {table['sample']['x'][0]}" in source


def test_without_gaps_the_problem_alone_is_stated(network):
    sheet, answers, _ = documents(network, seed=1)
    assert [section.label for section in sheet.sections] == ["sec:notation", "sec:problems"]
    assert len(answers.sections) > 4


def test_a_classifier_gets_a_target_that_is_one_hot():
    table = friendly(sb.load("2 -> 3 softmax, loss=categorical_crossentropy"), 5).as_table()
    assert sorted(float(t) for t in table["sample"]["t"]) == [0, 0, 1]


def test_networks_that_nobody_works_out_are_refused():
    with pytest.raises(TooLargeError, match="worksheet with 101,770 parameters"):
        friendly(sb.load("784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy"), 0)
    with pytest.raises(InputError, match="is a symbol"):
        friendly(sb.load("n -> 1, loss=mse"), 0)


def test_files_are_written(tmp_path, network):
    with pytest.raises(InputError, match="unknown format 'doc'"):
        write(network, tmp_path, ("doc",))
    names, report = write(network, tmp_path, ("latex", "html"), seed=2, blanks=True)
    assert names == ["worksheet.tex", "worksheet.html", "answers.tex", "answers.html"]
    assert report.passed
    assert json.loads((tmp_path / "verification.json").read_text())["seed"] == 2
    assert "<!doctype html>" in (tmp_path / "answers.html").read_text().lower()


def test_the_command_says_what_it_has_written(call):
    code, out, _ = call("worksheet", "mazur", "--seed", "7", "--blanks", "-o", "w")
    assert (code, out.split()) == (0, ["w/worksheet.tex", "w/answers.tex"])


def test_a_chinese_worksheet_is_a_page(network, tmp_path):
    assert write(network, tmp_path, ("html",), 7, language="zh")[0] == ["worksheet-zh.html", "answers-zh.html"]
    assert "练习 7" in (tmp_path / "worksheet-zh.html").read_text()
    with pytest.raises(InputError, match="cannot be written in the language"):
        write(network, tmp_path / "none", ("latex",), 7, language="zh")
    assert not (tmp_path / "none").exists()


def test_another_language_leaves_the_sheet_alone_that_was_there(network, tmp_path):
    write(network, tmp_path, ("latex",), 7)
    before = (tmp_path / "worksheet.tex").read_bytes()
    assert write(network, tmp_path, ("latex",), 7, language="de")[0] == ["worksheet-de.tex", "answers-de.tex"]
    assert (tmp_path / "worksheet.tex").read_bytes() == before
    assert len(json.loads((tmp_path / "verification.json").read_text())["files"]) == 4


def test_the_networks_own_numbers_are_kept_if_wanted(network):
    sheet, answers, _ = documents(network, blanks=True, own_numbers=True)
    assert sheet.title == "Worksheet mazur"
    assert "w_{1} = 0.15" in typeset(sheet)
    assert "0.082167041" in typeset(answers) and "0.082167041" not in typeset(sheet)


def test_a_network_without_numbers_has_none_to_keep():
    with pytest.raises(InputError, match=r"SB026.*has not numbers for everything"):
        documents(sb.load("2 -> 2 sigmoid, loss=mse"), own_numbers=True)


def test_the_command_keeps_numbers_too(call):
    code, out, _ = call("worksheet", "mazur", "--own-numbers", "--language", "fr")
    assert (code, out.split()) == (0, ["worksheets/mazur/worksheet-fr.tex", "worksheets/mazur/answers-fr.tex"])


EMBEDDED = {
    "name": "words",
    "inputs": {"tokens": {"shape": [3]}},
    "layers": [
        {"type": "embedding", "input_dim": 4, "output_dim": 2},
        {"type": "flatten2d"},
        {"type": "dense", "units": 1},
    ],
    "loss": "mse",
}


def test_tokens_are_whole_numbers_within_their_table():
    seen = set()
    for seed in range(20):
        tokens = friendly(sb.load(EMBEDDED), seed).as_table()["sample"]["x"]
        assert len(tokens) == 3
        seen |= set(map(str, tokens))
    assert seen == {"0", "1", "2", "3"}
    *_, report = documents(sb.load(EMBEDDED), seed=3)
    assert report.passed, report.summary()


def test_several_inputs_have_their_names():
    layers = [{"type": "add", "inputs": ["u", "v"]}, {"type": "dense", "units": 1}]
    network = sb.load({"name": "two", "inputs": {"u": 2, "v": 2}, "layers": layers, "loss": "mse"})
    sample = friendly(network, 1).as_table()["sample"]
    assert {name: len(value) for name, value in sample["x"].items()} == {"u": 2, "v": 2}


def test_a_check_that_fails_is_an_exit_code(call, monkeypatch):
    class Failed:
        passed = False

        def __str__(self):
            return "a table of checks"

    monkeypatch.setattr("symbackprop.worksheet.write", lambda *args: (["worksheet.tex"], Failed()))
    code, out, err = call("worksheet", "mazur", "-o", "w")
    assert (code, out.split()) == (1, ["w/worksheet.tex"])
    assert "a table of checks" in err


@pytest.mark.parametrize("blanks", [False, True])
def test_what_is_given_stands_on_the_sheet(blanks):
    network = sb.load(EMBEDDED)
    sheet, _, _ = documents(network, seed=2, blanks=blanks)
    table = friendly(network, 2).as_table()
    source = typeset(sheet)
    tokens = r" \\ ".join(map(str, table["sample"]["x"]))
    assert rf"\vect{{\mathrm{{tokens}}}} &= \begin{{bmatrix}} {tokens} \end{{bmatrix}}" in source
    weights = " & ".join(str(number) for number in table["layers"][2]["weights"][0])
    assert rf"\mat{{W}}\lay{{3}} &= \begin{{bmatrix}} {weights} \end{{bmatrix}}" in source


def test_a_sheet_with_several_samples_has_their_table():
    sheet, _, _ = documents(sb.load("xor"), own_numbers=True)
    assert r"\label{tab:samples}" in typeset(sheet) or r"\sbptable{tab:samples}" in typeset(sheet)


def test_numbers_that_no_sheet_has_room_for_are_refused():
    kernel = {"type": "conv1d", "filters": 2, "kernel_size": 2}
    inputs = {"x": {"shape": [4, 1]}}
    layers = [kernel, {"type": "flatten2d"}, {"type": "dense", "units": 1}]
    network = sb.load({"name": "line", "inputs": inputs, "layers": layers, "loss": "mse"})
    with pytest.raises(UnsupportedError, match="no room for the numbers of W1"):
        documents(network)
