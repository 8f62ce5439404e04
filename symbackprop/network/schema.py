"""The keys of a network file → a JSON Schema, by which editors complete and check TOML, YAML and JSON as one types.

Keys and their meaning are read off the records, layers and their options off the catalogue: a new row is there at once.
Draft 7 is what the language servers of both TOML and YAML understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from symbackprop.catalog import (
    ACTIVATIONS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZER_SYNONYMS,
    REGULARIZERS,
    SCHEDULES,
    SYNONYMS,
    Layer,
    Option,
)
from symbackprop.network.equations import Equations
from symbackprop.network.layers import LayerSpec, LayerType
from symbackprop.network.losses import LossType
from symbackprop.network.model import MOST_LAYERS, Network
from symbackprop.network.parts import Data, Input, ParameterFile, Sample, Training
from symbackprop.network.records import LossSpec
from symbackprop.network.values import LARGEST_SIZE

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,30}$"}
FORMULA: Schema = {"type": "string", "minLength": 1}
_ATTRIBUTE = re.compile(r"^    (\w+): (.+?)(?=^    \w+: |\Z)", re.MULTILINE | re.DOTALL)


def file_schema() -> Schema:
    """Return the schema of a file: of a network's, or of a function's that is written down as equations.

    Example:
        >>> [kind["required"] for kind in file_schema()["anyOf"]]
        [['inputs', 'layers', 'loss'], ['shapes', 'equations']]
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A file of symbackprop",
        "anyOf": [network_schema(), _function()],
        "definitions": _definitions(),
    }


def _function() -> Schema:
    size: Schema = {"anyOf": [_reference("size"), {"type": "array", "maxItems": 8, "items": _reference("size")}]}
    names = _one_or_more({"type": "string"})
    replaced: Mapping[str, Schema] = {
        "shapes": {"type": "object", "minProperties": 1, "propertyNames": NAME, "additionalProperties": size},
        "sizes": {"type": "object", "additionalProperties": _whole(1, LARGEST_SIZE)},
        "values": {"type": "object", "additionalProperties": _reference("numbers")},
        **{"ranges": {"type": "object"}, "authors": names, "wrt": names, "integers": names, "training": _training()},
    }
    schema = _record(Equations, **replaced)
    schema["properties"]["$schema"] = {"type": "string"}
    return {"title": "A function", **schema, "description": "Shapes, and equations; the last is the loss."}


def _training() -> Schema:
    return _record(Training, optimizer=_reference("optimizer"), initializer=_words(INITIALIZERS))


def network_schema() -> Schema:
    """Return the schema of a network, which refers to the definitions of `file_schema`.

    Example:
        >>> network_schema()["required"]
        ['inputs', 'layers', 'loss']
    """
    own: Mapping[str, Schema] = {
        "inputs": _inputs(),
        "layers": {"type": "array", "minItems": 1, "maxItems": MOST_LAYERS, "items": _reference("layer")},
        "loss": {"anyOf": [_reference("loss"), {"type": "array", "minItems": 1, "items": _reference("loss")}]},
        "activations": {"type": "object", "additionalProperties": {**FORMULA, "maxLength": 2000}},
        "losses": {"type": "object", "additionalProperties": {"anyOf": [FORMULA, _record(LossType)]}},
        "layer_types": {"type": "object", "additionalProperties": _record(LayerType)},
        "sizes": {"type": "object", "additionalProperties": _whole(1, LARGEST_SIZE)},
        "authors": _one_or_more({"type": "string", "maxLength": 300}),
        "sample": _record(Sample, x=_reference("numbers or a table"), t=_reference("numbers or a table")),
        "data": _record(Data, x=_one_or_more({"type": "string"}), t=_one_or_more({"type": "string"})),
        "parameters": _record(ParameterFile),
        "training": _training(),
    }
    said = _said(Network)
    properties = {
        key: {"description": said.get(key, ""), **(own[key] if key in own else _field(Network, key))}
        for key in Network.model_fields
    }
    return {
        "title": "A network",
        "description": "Inputs, layers and a loss; `symbackprop new net.toml` writes a file that explains each key.",
        "type": "object",
        "properties": {"$schema": {"type": "string"}, **properties},
        "required": ["inputs", "layers", "loss"],
        "additionalProperties": False,
        "allOf": list(_catalogue_only()),
    }


def _catalogue_only() -> Iterable[Schema]:
    """Where a network has no rows of its own, every name is one of the catalogue's."""
    activation = {"properties": {"activation": _chosen_name(ACTIVATIONS)}}
    types = {"properties": {"type": {"enum": [*LAYERS]}}}
    loss = _chosen_name([*LOSSES, *SYNONYMS])
    for section, then in (
        ("layer_types", {"layers": {"items": types}}),
        ("activations", {"layers": {"items": activation}}),
        ("losses", {"loss": {"if": {"type": "array"}, "then": {"items": loss}, "else": loss}}),
    ):
        yield {"if": {"not": {"required": [section]}}, "then": {"properties": then}}


def _chosen_name(names: Iterable[str]) -> Schema:
    """A name, or a table whose type is one."""
    names = list(names)
    return {"if": {"type": "string"}, "then": {"enum": names}, "else": {"properties": {"type": {"enum": names}}}}


def _definitions() -> Schema:
    numbers: Schema = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"$ref": "#/definitions/numbers"}}]}
    names: Schema = {"anyOf": [NAME, {"type": "array", "items": {"$ref": "#/definitions/names"}}]}
    schedules = [_chosen(name, row.options, row.source) for name, row in SCHEDULES.items()]
    synonyms = {name: REGULARIZERS[row] for name, row in REGULARIZER_SYNONYMS.items()}
    return {
        "size": {"anyOf": [_whole(1, LARGEST_SIZE), NAME]},
        "numbers": numbers,
        "numbers or a table": {"anyOf": [numbers, {"type": "object", "additionalProperties": numbers}]},
        "values": {"anyOf": [numbers, {"type": "boolean"}]},
        "names": names,
        "layer": {"anyOf": [*(_layer(row) for row in LAYERS.values()), _own("layer")]},
        "activation": _either(ACTIVATIONS, "activation"),
        "loss": _either({**LOSSES, **{name: LOSSES[row] for name, row in SYNONYMS.items()}}, "loss", _loss_keys()),
        "regularizer": _either({**REGULARIZERS, **synonyms}, ""),
        "optimizer": _either(OPTIMIZERS, "", learning_rate={"anyOf": [{"type": "number"}, *schedules]}),
    }


def _loss_keys() -> Schema:
    said = _said(LossSpec)
    return {key: {"description": said[key], **_field(LossSpec, key)} for key in said}


def _own(what: str) -> Schema:
    """A row of the user's own: its name is none of the catalogue's, and its keys are not known here."""
    rows: Mapping[str, Iterable[str]] = {"layer": LAYERS, "activation": ACTIVATIONS, "loss": (*LOSSES, *SYNONYMS)}
    return {
        "type": "object",
        "properties": {"type": {**NAME, "not": {"enum": list(rows[what])}}},
        "required": ["type"],
        "description": f"a {what} of your own",
    }


def _either(rows: Mapping[str, Any], own: str, keys: Schema | None = None, **replaced: Schema) -> Schema:
    """A bare name, or a table of a row's name with its options."""
    bare: list[Schema] = [{"enum": [name for name, row in rows.items() if not _obligatory(row.options)]}]
    if own:
        bare.append({**NAME, "not": {"enum": [*rows]}})
    tables = [_chosen(name, row.options, row.source, keys, **replaced) for name, row in rows.items()]
    return {"anyOf": [*bare, *tables, *([_own(own)] if own else [])]}


def _chosen(
    name: str, options: Mapping[str, Option], source: str, keys: Schema | None = None, **replaced: Schema
) -> Schema:
    settings = {key: _option(option) for key, option in options.items()}
    settings |= {key: value for key, value in replaced.items() if key in settings}
    return {
        "type": "object",
        "description": source,
        "properties": {"type": {"const": name}, **(keys or {}), **settings},
        "required": ["type", *_obligatory(options)],
        "additionalProperties": False,
    }


def _layer(row: Layer) -> Schema:
    said = _said(LayerSpec)
    keys = [parameter.file_key for parameter in row.parameters]
    each: Mapping[str, Schema] = {
        "name": NAME,
        "activation": _reference("activation"),
        "names": _table(keys, _reference("names")),
        "trainable": {"anyOf": [{"type": "boolean"}, {"type": "array", "items": _words(keys)}]},
        "initializer": {"anyOf": [_words(INITIALIZERS), _table(keys, _words(INITIALIZERS))]},
        "regularizer": {"anyOf": [_reference("regularizer"), _table(keys, _reference("regularizer"))]},
        "inputs": _one_or_more(NAME),
        "tie": _table(keys, {"type": "string"}),
    }
    common = {key: {"description": said.get(key, ""), **schema} for key, schema in each.items()}
    if not row.activation:
        del common["activation"]
    shapes = {p.file_key: f"{p.name}, of shape {' x '.join(p.shape) or '1'}" for p in row.parameters}
    values = {key: {"description": shape, **_reference("values")} for key, shape in shapes.items()}
    layer = _chosen(row.name, row.options, f"{row.equations.strip()}\n{row.source}")
    layer["properties"] |= {**values, **common}
    return layer


def _inputs() -> Schema:
    one: list[Schema] = [
        _reference("size"),
        {"type": "array", "minItems": 1, "items": NAME},
        _record(Input, shape={"type": "array", "minItems": 1, "maxItems": 8, "items": _reference("size")}),
    ]
    several = {"type": "object", "minProperties": 1, "not": {"required": ["shape"]}}
    return {"anyOf": [*one, {**several, "additionalProperties": {"anyOf": one}}]}


def _option(option: Option) -> Schema:
    kinds: Mapping[str, Schema] = {
        "size": _reference("size"),
        "count": _whole(1),
        "integer": _whole(0),
        "number": {"type": "number"},
        "flag": {"type": "boolean"},
        "choice": _words(option.choices),
    }
    schema = kinds[option.kind]
    if option.choices and option.kind != "choice":
        schema = {"anyOf": [schema, _words(option.choices)]}
    default = {} if option.default is None else {"default": option.default}
    return {**({"description": option.help} if option.help else {}), **default, **schema}


def _obligatory(options: Mapping[str, Option]) -> list[str]:
    return [key for key, option in options.items() if option.default is None]


def _record(record: type[BaseModel], **replaced: Schema) -> Schema:
    """The schema of a record whose fields are the keys of its table."""
    said = _said(record)
    fields = record.model_fields
    return {
        "type": "object",
        "properties": {
            key: {"description": said.get(key, ""), **(replaced[key] if key in replaced else _field(record, key))}
            for key in fields
        },
        "required": [key for key, field in fields.items() if field.is_required()],
        "additionalProperties": False,
    }


def _field(record: type[BaseModel], key: str) -> Schema:
    """What pydantic says of one field; `null` is no value in a network file."""
    field = record.model_fields[key]
    annotated: Any = field.annotation
    schema = TypeAdapter(annotated).json_schema(mode="validation")
    schema |= record.model_json_schema(mode="validation")["properties"].get(key, {}) if "$defs" not in schema else {}
    if "anyOf" in schema:
        schema["anyOf"] = [part for part in schema["anyOf"] if part != {"type": "null"}]
    return {name: part for name, part in schema.items() if name != "title" and part is not None}


def _said(record: type[Any]) -> dict[str, str]:
    """The sentence about each attribute in a record's docstring."""
    text = (record.__doc__ or "").partition("Attributes:\n")[2]
    text = re.split(r"\n\s*\n", text)[0]
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    even = "\n".join("    " + line[margin:] for line in lines)
    return {found[1]: " ".join(found[2].split()) for found in _ATTRIBUTE.finditer(even)}


def _reference(name: str) -> Schema:
    # Beside a reference draft 7 ignores every other key, so that it stands in a list of one.
    return {"allOf": [{"$ref": f"#/definitions/{name}"}]}


def _whole(least: int, most: int | None = None) -> Schema:
    return {"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})}


def _words(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "minItems": 1, "items": item}]}


def _table(keys: Iterable[str], value: Schema) -> Schema:
    return {"type": "object", "properties": dict.fromkeys(keys, value), "additionalProperties": False}
