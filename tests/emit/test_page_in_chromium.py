"""The page in a real browser: weights are chosen, numbers edited, steps taken, and all numbers are those of Python."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symbackprop.emitters import Findings, _page
from symbackprop.network import Dense, Network, load
from symbackprop.notebook import derivation_bundle
from symbackprop.pipeline import Stages
from symbackprop.unroll import values
from symbackprop.verify.report import Check, Report

pytestmark = pytest.mark.needs("chromium", "chromedriver")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"),
)
RELU = Network(
    2,
    Dense(2, "relu", weights=[[0.3, -0.2], [0.7, 0.5]], bias=[0.1, -0.3]),
    Dense(2, "softmax", weights=[[0.4, -0.6], [0.2, 0.1]], bias=False),
    loss="categorical_crossentropy",
    targets="one_hot",
    sample={"x": [[1.5, -0.7], [0.4, 2.1]], "t": [[1, 0], [0, 1]]},
    training={"optimizer": {"type": "adam", "learning_rate": 0.1}},
)
RECURRENT = Network(
    {"shape": [3, 1]}, {"type": "simple_rnn", "units": 2}, {"type": "dense", "units": 1}, loss="mse", name="recurrent"
)
NETWORKS = {
    "mazur": lambda: load("mazur"),
    "xor": lambda: load("xor"),
    "relu": lambda: RELU,
    "recurrent": lambda: RECURRENT,
    "gelu": lambda: load("2 -> 3 gelu -> 2, loss=mse"),
    "made up": lambda: load("2 -> 3 tanh -> 2 softmax, loss=categorical_crossentropy"),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


class Shown:
    """One page in the browser, and what a reader does with it."""

    def __init__(self, browser: Any, path: Path, network: Network) -> None:
        self.browser, self.path = browser, path
        self.stages = Stages(network)
        report = Report(network.name, (Check("W1", "complex step", 0.0, "1e-9", True),))
        path.write_text(_page(self.stages, Findings(report)), encoding="utf-8")

    def open(self, fragment: str = "", width: int = 1280) -> None:
        self.browser.get("about:blank")
        self.browser.set_window_size(width, 900)
        self.browser.get(f"{self.path.as_uri()}{fragment}")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def find(self, css: str) -> Any:
        return self.browser.find_element("css selector", css)

    def number(self, css: str) -> float:
        return read(self.find(css).text)

    def type(self, name: str, text: str) -> None:
        field = self.find(f'[name="{name}"]')
        self.run("arguments[0].value = ''", field)
        field.send_keys(text)

    def point(self) -> dict[str, float]:
        """The numbers in the fields, by the names of scalars."""
        return self.run(
            "return Object.fromEntries([...document.querySelectorAll('#fields input')]"
            ".map((e) => [e.name, Number(e.dataset.exact ?? e.value)]))"
        )

    def expected(self, point: dict[str, float]) -> dict[str, float]:
        """Every scalar at these numbers, from the scalar equations, in arithmetic of many digits."""
        scalars = self.stages.needed_scalars()
        tensors: dict[str, Any] = {}
        for tensor in self.stages.graph.tensors.values():
            places = scalars.elements[tensor.name]
            if all(symbol.name in point for symbol in places.values()):
                tensors[tensor.name] = nested({at: point[symbol.name] for at, symbol in places.items()})
        return {name: float(value) for name, value in values(scalars, tensors).items()}

    def gradient(self, name: str, point: dict[str, float]) -> float:
        adjoint = self.stages.needed_scalars().gradient(name)
        return self.expected(point)[adjoint.name]


def nested(flat: dict[tuple[int, ...], float], at: tuple[int, ...] = ()) -> Any:
    if at in flat:
        return flat[at]
    count = 1 + max(place[len(at)] for place in flat if place[: len(at)] == at)
    return [nested(flat, (*at, n)) for n in range(count)]


def read(text: str) -> float:
    """A number as the page prints it."""
    digits = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--", strict=True))
    mantissa, _, power = "".join(digits.get(c, c) for c in text).partition("·10")
    return float(f"{mantissa}e{power or 0}")


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory) -> dict[str, Shown]:
    folder = tmp_path_factory.mktemp("pages")
    return {name: Shown(browser, folder / f"{name.replace(' ', '-')}.html", make()) for name, make in NETWORKS.items()}


@pytest.fixture
def mazur(pages) -> Shown:
    pages["mazur"].open()
    return pages["mazur"]


def test_a_weight_is_chosen_a_number_edited_and_a_step_taken(mazur):
    assert mazur.number("#error") == pytest.approx(0.298371109, abs=5e-10)
    mazur.run("document.querySelector('.stage [data-name=w1]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert mazur.number("#answer") == pytest.approx(0.000438568, abs=5e-10)
    assert mazur.run("return location.hash") == "#w1"
    mazur.type("w5", "0.8")
    point = mazur.point()
    assert point["w5"] == 0.8
    assert mazur.number("#answer") == pytest.approx(mazur.gradient("w1", point), abs=5e-10)
    mazur.find("#one").click()
    assert mazur.find("#steps").text == "1"
    after = mazur.point()
    for name in ("w1", "w5", "w8"):
        assert after[name] == pytest.approx(point[name] - 0.5 * mazur.gradient(name, point), rel=1e-12)
    assert after["b1"] == 0.35, "biases stay in this network"
    assert mazur.number("#error") == pytest.approx(mazur.expected(after)["E"], abs=5e-10)


def test_the_published_numbers_after_one_step_and_after_reset(mazur):
    mazur.find("#one").click()
    assert mazur.number("#error") == pytest.approx(0.291027774, abs=5e-10)
    mazur.find("#ten").click()
    assert mazur.find("#steps").text == "11"
    assert len(mazur.find("#curve polyline").get_attribute("points").split()) == 12
    mazur.find("#reset").click()
    assert mazur.number("#error") == pytest.approx(0.298371109, abs=5e-10)
    assert mazur.find('[name="w5"]').get_attribute("value") == "0.40"


def test_training_runs_and_pauses(mazur):
    from selenium.webdriver.support.wait import WebDriverWait

    mazur.find("#run").click()
    WebDriverWait(mazur.browser, 20).until(lambda _: int(mazur.find("#steps").text) > 5)
    mazur.find("#run").click()
    assert mazur.find("#run").get_attribute("aria-pressed") == "false"
    steps = mazur.find("#steps").text
    mazur.run("return new Promise((done) => setTimeout(done, 300))")
    assert mazur.find("#steps").text == steps
    assert mazur.number("#error") < 0.29


@pytest.mark.parametrize("name", NETWORKS)
def test_every_factor_and_every_gradient_is_that_of_python(pages, name):
    shown = pages[name]
    shown.open()
    shown.find("#ten").click()
    point = shown.point()
    expected = shown.expected(point)
    scalars = shown.stages.needed_scalars()
    found = shown.run(
        "const [point] = arguments; const given = {};"
        "for (const [name, [tensor]] of Object.entries(network.ELEMENTS))"
        "  (given[tensor] = given[tensor] || []).push(point[name]);"
        "const all = { ...point, ...network.lossAndGrad(given, given).values };"
        "return [all, factorValues(all)]",
        point,
    )
    by_name = {symbol: expected[symbol.name] for symbol in scalars.symbols.values() if symbol.name in expected}
    wanted = [float(value.subs(by_name)) for value in scalars.partials.values()]
    assert found[1] == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert len(wanted) > 20
    for old, new in scalars.adjoint_of.items():
        assert found[0][new.name] == pytest.approx(expected[new.name], rel=1e-9, abs=1e-12), old
    for choice in shown.run("return [...document.querySelectorAll('#choice option')].map((o) => o.value)"):
        shown.run("location.hash = arguments[0]; dispatchEvent(new HashChangeEvent('hashchange'))", choice)
        assert shown.number("#answer") == pytest.approx(expected[scalars.gradient(choice).name], abs=6e-10)


def test_the_products_of_the_paths_add_up_to_the_gradient(mazur):
    mazur.open("#w1")
    rows = mazur.browser.find_elements("css selector", "table.product tr:last-child")
    assert len(rows) == 2
    totals = []
    for row in rows:
        *factors, total = [read(cell.text) for cell in row.find_elements("css selector", ".value")]
        product = 1.0
        for factor in factors:
            product *= factor
        assert len(factors) == 5
        assert product == pytest.approx(total, abs=2e-9)
        totals.append(total)
    assert sum(totals) == pytest.approx(mazur.number("#answer"), abs=2e-9)


def test_the_address_chooses(mazur):
    mazur.open("#w7")
    assert mazur.find("#choice").get_attribute("value") == "w7"
    assert mazur.number("#answer") == pytest.approx(-0.022602540, abs=5e-10)
    assert mazur.run("return [...document.querySelectorAll('.stage .chosen')].map((e) => e.dataset.name)") == ["w7"]
    lit = mazur.run("return [...document.querySelectorAll('.stage .node.lit')].map((e) => e.dataset.name)")
    assert set(lit) == {"a1_1", "a2_2", "E"}


def test_an_intermediate_value_has_its_chain_too(mazur):
    mazur.open("#a1_1")
    assert mazur.number("#answer") == pytest.approx(0.036350306, abs=5e-10)


def test_the_keyboard_is_enough(mazur):
    from selenium.webdriver.common.keys import Keys

    mazur.run("document.querySelector('.stage [role=radio][tabindex=\"0\"]').focus()")
    focused = mazur.browser.switch_to.active_element
    assert focused.get_attribute("data-name") == "w1"
    focused.send_keys(Keys.ARROW_RIGHT)
    focused = mazur.browser.switch_to.active_element
    assert focused.get_attribute("data-name") == "w2"
    assert focused.get_attribute("aria-checked") == "true"
    assert mazur.number("#answer") == pytest.approx(0.000877135, abs=5e-10)
    focused.send_keys(Keys.ARROW_LEFT, Keys.ENTER)
    assert mazur.run("return location.hash") == "#w1"


def test_a_mistake_in_a_field_is_said_beside_it(mazur):
    before = mazur.find("#error").text
    mazur.type("w1", "abc")
    assert "“abc” is not a number" in mazur.find("#problem").text
    assert mazur.find("#problem").text.startswith("w1: ")
    field = mazur.find('[name="w1"]')
    assert field.get_attribute("aria-invalid") == "true"
    assert mazur.find("#error").text == before
    mazur.type("w1", "0,15")
    assert mazur.find("#problem").text == ""
    assert field.get_attribute("aria-invalid") is None or field.get_attribute("aria-invalid") == "false"


def test_another_sample_is_looked_at(pages):
    xor = pages["xor"]
    xor.open()
    xor.run("const s = document.getElementById('sample'); s.value = '3'; s.dispatchEvent(new Event('change'))")
    values_of = "return [...document.querySelectorAll('.stage .node.input text.value')].map((e) => e.textContent)"
    assert xor.run(values_of) == ["1", "0"]
    visible = [
        e.get_attribute("name") for e in xor.browser.find_elements("css selector", "#fields input") if e.is_displayed()
    ]
    assert {"x_s3_1", "x_s3_2", "t_s3_1"} <= set(visible)
    assert not {"x_s1_1", "t_s4_1"} & set(visible)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(pages, name):
    shown = pages[name]
    shown.browser.get_log("browser")
    shown.browser.get_log("performance")
    shown.open()
    shown.find("#ten").click()
    requests = set(re.findall(r'"url":"([^"]+)"', "".join(e["message"] for e in shown.browser.get_log("performance"))))
    assert {url for url in requests if not url.startswith(("about:", "data:", shown.path.as_uri()))} == set()
    assert shown.browser.get_log("browser") == []


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_screen_and_what_can_be_worked_has_a_name(pages, width):
    shown = pages["mazur"]
    shown.open(width=width)
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert shown.run(wider) <= 0
    nameless = shown.run(
        "const all = document.querySelectorAll('button, input, select, a, [role=radio], [tabindex=\"0\"]');"
        "return [...all].filter((e) =>"
        " !(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).length"
    )
    assert nameless == 0


def test_it_can_be_read_without_its_script(pages, browser):
    shown = pages["mazur"]
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        shown.open()
        assert not shown.find("#explore").is_displayed()
        assert "0.082167041" in shown.find("main").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_works_in_the_frame_of_a_notebook(browser, pages, tmp_path):
    shown = pages["mazur"]
    path = tmp_path / "notebook.html"
    path.write_text(derivation_bundle(shown.stages, "mazur")["text/html"], encoding="utf-8")
    browser.get(path.as_uri())
    browser.switch_to.frame(shown.find("iframe"))
    try:
        shown.run(
            "document.querySelector('.stage [data-name=w7] path').dispatchEvent(new Event('click', {bubbles: true}))"
        )
        assert shown.number("#answer") == pytest.approx(-0.022602540, abs=5e-10)
        shown.run("document.getElementById('one').click()")
        assert shown.number("#error") == pytest.approx(0.291027774, abs=5e-10)
        shown.run("document.querySelector('nav ol li:last-child a').click()")
        assert shown.run("return location.href") == "about:srcdoc"
        assert shown.run("return scrollY") > 1000
    finally:
        browser.switch_to.default_content()
