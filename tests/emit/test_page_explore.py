"""What the script of a page is told: JSON and code that can stand inside an element of HTML."""

import json
import re
import subprocess

import pytest

from symbackprop.catalog import ACTIVATIONS
from symbackprop.display import Symbol, Words
from symbackprop.emit.page.explore import Explorable, Factor, code, facts, named, picture
from symbackprop.emit.page.prose import Prose
from symbackprop.explorable import explorable, explored
from symbackprop.material import material
from symbackprop.network import load
from symbackprop.notation import given
from symbackprop.pipeline import Stages
from symbackprop.program.scalar import Name
from symbackprop.verify.report import Report


@pytest.fixture(scope="module")
def mazur() -> Explorable:
    stages = Stages(load("mazur"))
    found = explorable(stages, material(stages, Report("mazur", ())))
    assert found is not None
    return found


def test_the_script_finds_every_formula(mazur):
    told = json.loads(facts(mazur, Prose({})))
    assert len(told["factors"]) == 22
    for of, wrt, *numbers, role, reason in told["factors"]:
        assert {of, wrt} <= set(told["places"])
        assert all(told["formulas"][n] for n in (*numbers, reason))
        assert role in ("", "error", "slope", "input")
    assert told["adjoints"]["w5"] == "dw5"
    assert told["signs"]["a1_1"][1] == "a₁⁽¹⁾"


def test_the_drawing_knows_its_scalars(mazur):
    names = re.findall(r'data-name="([^"]+)"', picture(mazur))
    assert {*(f"w{n}" for n in range(1, 9)), "b1", "b2", "x1", "a1_1", "a2_2", "E"} <= set(names)
    assert 'data-name="w5" data-from="a1_1" data-to="a2_1"' in picture(mazur)
    assert named(mazur, Symbol(given("other"))) == ""


def test_nothing_in_it_ends_the_element_that_holds_it(mazur):
    sign = Symbol(given("x"))
    factor = Factor("E", "x", sign, sign, "", Words(("</script><!--",)), Name("x"))
    evil = Explorable(
        "// </script> <!-- ", [factor], {"x": sign}, {"x": ("x",), "E": ("E",)}, {}, "E", sign, (), ("x",)
    )
    assert "<" not in facts(evil, Prose({}))
    assert "</" not in code(evil)
    assert "<!--" not in code(evil)
    assert json.loads(facts(evil, Prose({})))["factors"][0][-1] == 1
    assert "v.x" in code(evil)


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_factor_has_a_value(name):
    stages = Stages(load(f"2 -> 2 {name}, loss=mse"))
    found = explored(stages, material(stages, Report(name, ())))
    run = """
        const given = {};
        for (const [tensor] of Object.values(network.ELEMENTS)) (given[tensor] = given[tensor] || []).push(0.4);
        const values = { ...network.lossAndGrad(given, given).values };
        for (const name of Object.keys(network.ELEMENTS)) if (!(name in values)) values[name] = 0.4;
        console.log(JSON.stringify(factorValues(values)));
    """
    done = subprocess.run(["node", "-e", code(found) + run], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert len(values) == len(found.factors) and None not in values
