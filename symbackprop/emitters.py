"""Stages of a network → files: the table of every format, and the one function that writes a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from symbackprop.budget import within
from symbackprop.emit.document import (
    DETAILS,
    FORMS,
    Choices,
    can_show,
    document,
    languages,
    places_of,
    refuse_letters,
)
from symbackprop.emit.expressions import emit_expressions
from symbackprop.emit.files import write_folder
from symbackprop.emit.page import page
from symbackprop.errors import InputError, Mistake, SymbackpropError, UnknownNameError, did_you_mean
from symbackprop.explorable import explored
from symbackprop.material import material
from symbackprop.proofreading import proofread
from symbackprop.targets import array_api_text, c_text, floats_text, framework_text, javascript_text
from symbackprop.tex import pdf
from symbackprop.trials import trials
from symbackprop.version import __version__

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages
    from symbackprop.training import Run
    from symbackprop.verify import Report


@dataclass(frozen=True)
class Findings:
    """What was found about a network and goes into its files.

    Attributes:
        report: What verification found.
        run: A training run, for the loss curve; `None` without one.
        choices: How documents are to be.
        trials: For each format that was run, or could not be, what its file says of that.
    """

    report: Report
    run: Run | None = None
    choices: Choices = field(default_factory=Choices)
    trials: Mapping[str, str] = field(default_factory=dict)

    @property
    def checks(self) -> list[str]:
        """One line for each kind of check that was passed, with its threshold."""
        made = (check for check in self.report.checks if check.passed and check.method != "gradients.py")
        passed = {(check.method, check.threshold): None for check in made}
        return [f"{method}: {threshold}" for method, threshold in passed]

    def of(self, target: str) -> list[str]:
        """What a file in another language says: how it was run itself, and what the module it agrees with passed."""
        own = [self.trials[target]] if target in self.trials else []
        return [*own, *(f"of gradients.py, {check}" for check in self.checks)]


class Emitter(NamedTuple):
    """One format.

    Attributes:
        file: The name of the file it writes.
        make: Turns the stages, and what was found, into the file's text, or its bytes.
        standard: Whether it is written when no format is asked for.
    """

    file: str
    make: Callable[[Stages, Findings], str | bytes]
    standard: bool = True


def _expressions(stages: Stages, found: Findings) -> str:
    return emit_expressions(
        stages.derivation,
        stages.scalars,
        checks=found.checks,
        network_hash=stages.network_hash,
        version=__version__,
    )


def _latex(stages: Stages, found: Findings) -> str:
    return document(material(stages, found.report, found.run, found.choices))


def _page(stages: Stages, found: Findings) -> str:
    made = material(stages, found.report, found.run, found.choices)
    return page(made, explored(stages, made))


EMITTERS: Mapping[str, Emitter] = {
    "latex": Emitter("derivation.tex", _latex),
    "pdf": Emitter("derivation.pdf", lambda stages, found: pdf(_latex(stages, found)), standard=False),
    "html": Emitter("derivation.html", _page),
    "python": Emitter("gradients.py", lambda stages, found: stages.module_text(found.checks)),
    "expressions": Emitter("expressions.py", _expressions),
    "javascript": Emitter(
        "network.js", lambda stages, found: javascript_text(stages, found.of("javascript")), standard=False
    ),
    "floats": Emitter(
        "gradients_floats.py", lambda stages, found: floats_text(stages, found.of("floats")), standard=False
    ),
    "array_api": Emitter(
        "gradients_array_api.py", lambda stages, found: array_api_text(stages, found.of("array_api")), standard=False
    ),
    "jax": Emitter("gradients_jax.py", lambda s, found: framework_text(s, "jax", found.of("jax")), standard=False),
    "torch": Emitter(
        "gradients_torch.py", lambda s, found: framework_text(s, "torch", found.of("torch")), standard=False
    ),
    "c": Emitter("network.c", lambda stages, found: c_text(stages, found.of("c")), standard=False),
}
# Which format is read back for which.
READ_BACK = {"latex": "latex", "pdf": "latex", "html": "html"}
STANDARD = tuple(name for name, emitter in EMITTERS.items() if emitter.standard)

# What others call a format → what it is called here.
SYNONYMS = {
    "numpy": "python",
    "py": "python",
    "tex": "latex",
    "web": "html",
    "sympy": "expressions",
    "js": "javascript",
    "node": "javascript",
    "lists": "floats",
    "array-api": "array_api",
    "pytorch": "torch",
    "c99": "c",
    "ansi c": "c",
}


def chosen_formats(names: Iterable[str], language: str = "en") -> tuple[str, ...]:
    """The formats that a user asks for; if there is none, the standard ones that have the letters of the language.

    Args:
        names: Those asked for.
        language: That of documents.

    Raises:
        InputError: One is unknown, or does not have the letters; or the language is unknown.

    Example:
        >>> chosen_formats([], "zh")
        ('html', 'python', 'expressions')
    """
    chosen = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in chosen:
        if name not in EMITTERS:
            meant = SYNONYMS.get(name.lower(), name)
            raise UnknownNameError(f"unknown format {name!r}", help=did_you_mean(meant, list(EMITTERS)))
    refuse_letters((name for name in chosen if name in READ_BACK), language)
    return chosen or tuple(name for name in STANDARD if name not in READ_BACK or can_show(name, language))


def _proofread(stages: Stages, found: Findings, chosen: Sequence[str], seed: int) -> Report:
    """The report with what reading the documents back finds; drafts, which cannot yet say so themselves, are read."""
    drafts = {}
    for name in dict.fromkeys(READ_BACK[name] for name in chosen if name in READ_BACK):
        try:
            drafts[EMITTERS[name].file] = str(EMITTERS[name].make(stages, found))
        except SymbackpropError:
            continue  # it fails again where it is written, and is reported there
    return proofread(stages, found.report, drafts, seed) if drafts else found.report


def _tried(stages: Stages, found: Findings, chosen: Sequence[str], seed: int) -> Findings:
    """What was found, with what running the code in other languages adds."""
    tried = trials(stages, chosen, seed)
    checks = (*found.report.checks, *(one.check for one in tried.values() if one.check is not None))
    lines = {name: one.line for name, one in tried.items()}
    return replace(found, report=replace(found.report, checks=checks), trials=lines)


def chosen_details(detail: str = "standard", form: str = "", only: Sequence[str] = (), language: str = "en") -> Choices:
    """How documents are to be, with every word checked.

    Args:
        detail: How much they tell: `"brief"`, `"standard"` or `"full"`.
        form: Their formulas: `"scalar"`, `"index"` or `"matrix"`; chosen by the size of the network if left out.
        only: Names of parameters or elements, such as `["w5"]`, that they are limited to.
        language: That of their text, such as `"de"`.

    Raises:
        InputError: One of the words is unknown.
    """
    known = {"detail": (detail, DETAILS), "form": (form, ("", *FORMS)), "language": (language, languages())}
    wrong = [
        Mistake("SB020", f"unknown {what} {word!r}", did_you_mean(word, [one for one in words if one]))
        for what, (word, words) in known.items()
        if word not in words
    ]
    if wrong:
        raise UnknownNameError(mistakes=wrong)
    return Choices(detail, form, tuple(only), language)


def write(
    stages: Stages,
    folder: Path,
    formats: Sequence[str] = (),
    seed: int = 0,
    run: Run | None = None,
    choices: Choices | None = None,
) -> Report:
    """Verify, then write the files of some formats and `verification.json`, each file atomically.

    Returns:
        The report; the files are written whatever it says, and say so themselves.

    Raises:
        InputError: A format, or a name in `choices`, is unknown, or the folder cannot be written to.
        SymbackpropError: A format cannot be made, such as a PDF without TeX; the others are written all the same.
    """
    choices = choices or Choices()
    chosen = chosen_formats(formats, choices.language)
    if not stages.derivation.adjoints:
        help = "give a layer parameters, or name what to derive for: sb.derive(network, wrt=['x'])"
        raise InputError(f"{stages.network.name} has no parameters to derive for", code="SB021", help=help)
    places_of(choices.only, stages.graph, stages.scalars)
    found = Findings(stages.verification(seed), run, choices)
    found = replace(found, report=_proofread(stages, found, chosen, seed))
    found = _tried(stages, found, chosen, seed)
    record = json.loads(found.report.to_json())
    record["network_sha256"] = stages.network_hash
    record["version"] = __version__
    files: dict[str, str | bytes] = {}
    refusals: list[Exception] = []
    for name in chosen:
        try:
            with within(300, f"writing {EMITTERS[name].file}"):
                files[EMITTERS[name].file] = EMITTERS[name].make(stages, found)
        except SymbackpropError as refusal:
            refusals.append(refusal.told(f"{EMITTERS[name].file} is not written"))
        except Exception as refusal:  # what was finished is kept, whoever's mistake it is
            refusals.append(refusal)
    write_folder(folder, files, record)
    if refusals:
        raise min(refusals, key=lambda refusal: isinstance(refusal, SymbackpropError))
    return found.report
