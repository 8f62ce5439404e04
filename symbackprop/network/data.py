"""CSV and npz files → NumPy arrays of finite numbers; nothing is read that could run code."""

from __future__ import annotations

import csv
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from symbackprop.errors import InputError, Mistake, ShapeError, UnknownNameError, did_you_mean
from symbackprop.network.problems import CONTRADICTION, REFUSED, SHAPE, UNREADABLE, WRONG, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from symbackprop.network.model import Network

    Array = NDArray[np.float64]

_LARGEST_ARCHIVE = 4 * 2**30
_LARGEST_TABLE = 2**28
_SUSPICIOUS = 2**26
_MOST_ARRAYS = 10_000

# What zipfile, zlib and NumPy raise at damaged archives.
_DAMAGED = (
    *(OSError, ValueError, EOFError, SyntaxError, NotImplementedError, RuntimeError, MemoryError, TypeError, KeyError),
    *(zipfile.BadZipFile, zlib.error, struct.error, OverflowError),
)


def data_file(file: str, base: Path, suffixes: Sequence[str]) -> Path:
    """Return the path of a data file that exists and is of an admitted kind.

    Raises:
        InputError: It does not exist, or is of a kind that is refused, as pickles are.
    """
    suffix = Path(file).suffix.lower()
    if suffix not in suffixes:
        admitted = " or ".join(suffixes)
        pickled = suffix in (".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npy")
        reason = "a pickle can run code when it is read" if suffix != ".npy" else "one array has no name"
        help = f"save it as {admitted}" + (f"; {reason}" if pickled else "")
        raise InputError(f"cannot read {shown(file)}: it must be {admitted}", code=REFUSED, help=help)
    path = base / file if "\0" not in file else base
    if not path.is_file():
        folder = path.parent
        near = [entry.name for entry in folder.iterdir() if entry.suffix.lower() in suffixes] if folder.is_dir() else []
        help = did_you_mean(path.name, sorted(near)) if near else f"paths start from {folder}"
        raise InputError(f"there is no file {shown(file)}", code=UNREADABLE, help=help)
    return path


def read_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays of an npz file by name, as float64.

    Raises:
        InputError: It is no npz file, or holds objects or numbers that are not finite.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_archive(path, archive)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: _numbers(arrays[name], f"{name} in {path.name}") for name in arrays.files}
    except _DAMAGED as error:
        pickled = "pickle" in str(error) or "Object arrays" in str(error)
        help = "it holds Python objects, which can run code when read" if pickled else "save it with numpy.savez"
        code = REFUSED if pickled else UNREADABLE
        raise InputError(f"cannot read {path.name} as arrays of numbers", code=code, help=help) from error


def _refuse_archive(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse what would unpack to more than it can be worth, before anything is unpacked.

    Weights hardly shrink when they are packed; what unpacks to a hundred times its size holds one number many times.
    """
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _LARGEST_ARCHIVE or len(entries) > _MOST_ARRAYS:
        message = f"{path.name} has {len(entries):,} arrays that unpack to {unpacked / 2**30:,.1f} GiB"
        raise InputError(message, code=REFUSED, help=f"at most {_MOST_ARRAYS:,} arrays and 4 GiB are read")
    if unpacked > _SUSPICIOUS and unpacked > 100 * path.stat().st_size:
        message = f"{path.name} unpacks to {unpacked / path.stat().st_size:,.0f} times its size"
        raise InputError(message, code=REFUSED, help="save it with numpy.savez, which does not pack")
    for entry in entries:
        if entry.filename.endswith(".npy"):
            with archive.open(entry) as file:
                _refuse_header(file, entry)


def _refuse_header(file: IO[bytes], entry: zipfile.ZipInfo) -> None:
    """Refuse an array that says it is larger than its entry: memory would be taken for what never comes."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if not dtype.hasobject and prod(shape) * dtype.itemsize > entry.file_size:
        raise ValueError("an array is larger than its entry")


def _numbers(array: Any, what: str) -> Array:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InputError(f"{what} does not hold real numbers", code=WRONG)
    numbers = np.asarray(array, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(f"{what} holds numbers that are not finite", code=WRONG)
    return numbers


def read_parameters(file: str, base: Path) -> dict[str, Array]:
    """Return the arrays of a file with weights.

    Raises:
        InputError: It is missing, no npz file, or holds something else than finite numbers.
    """
    return read_arrays(data_file(file, base, (".npz",)))


def read_columns(path: Path, columns: Sequence[str]) -> Array:
    """Return columns of a CSV file with a header, as an array of shape (rows, columns).

    Commas, semicolons and tabs separate columns; the header tells which.

    Raises:
        InputError: A column is missing, or a cell holds no finite number; with the line.
    """
    try:
        if path.stat().st_size > _LARGEST_TABLE:
            help = "save its columns with numpy.savez as .npz"
            raise InputError(f"{path.name} is larger than 256 MiB", code=REFUSED, help=help)
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline(2**20)
            names = [name.strip() for name in next(csv.reader([header], delimiter=_separator(header)), [])]
            if unknown := [column for column in columns if column not in names]:
                message = f"{path.name} has no column {shown(unknown[0])}"
                raise UnknownNameError(message, help=did_you_mean(unknown[0], names) if names else "it is empty")
            places = [names.index(column) for column in columns]
            reader = csv.reader(file, delimiter=_separator(header))
            rows = [_row(path, reader.line_num + 1, cells, places, names) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path.name} as CSV: {error}", code=UNREADABLE) from error
    if not rows:
        raise InputError(f"{path.name} has a header but no rows", code=UNREADABLE)
    return np.array(rows, dtype=np.float64)


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _row(path: Path, line: int, cells: list[str], places: list[int], names: list[str]) -> list[float]:
    numbers = []
    for place in places:
        cell = cells[place] if place < len(cells) else ""
        try:
            number = float(cell)
        except ValueError:
            number = float("nan")
        if not np.isfinite(number):
            message = f"{shown(cell)} in column {shown(names[place])} is no finite number"
            help = "a class needs one column of 0 and 1 for each of its values" if cell else "the cell is empty"
            raise InputError(mistakes=[Mistake(WRONG, message, help, path.name, line)])
        numbers.append(number)
    return numbers


def read_samples(network: Network) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return a network's samples for training: inputs and targets by name, each with the samples as first axis.

    Raises:
        InputError: The file cannot be read, or does not fit the network's inputs or what it declares of its targets.
    """
    data = network.data
    assert data is not None
    path = data_file(data.file, network.base, (".csv", ".npz"))
    if path.suffix.lower() == ".csv":
        table = read_columns(path, (*data.x, *data.t))
        x, t = dict(_split(network, table)), _targets(network, table[:, len(data.x) :])
    else:
        arrays = read_arrays(path)
        for name in (*data.x, *data.t):
            if name not in arrays:
                message = f"{path.name} has no array {shown(name)}"
                raise UnknownNameError(message, help=did_you_mean(name, list(arrays)))
        x = {name: arrays[key] for name, key in zip(network.inputs, data.x, strict=False)}
        t = {name: arrays[key] for name, key in zip(network.targets_given, data.t, strict=False)}
    _check(network, path, x, t)
    return x, t


def _split(network: Network, table: Array) -> Iterator[tuple[str, Array]]:
    """Columns go to the inputs in order, as many as each has elements; a symbolic size takes what is left."""
    assert network.data is not None
    start, left = 0, len(network.data.x)
    for name, given in network.inputs.items():
        sizes = [size for size in given.shape if isinstance(size, int)]
        width = int(np.prod(sizes)) if len(sizes) == len(given.shape) else left - start
        part = table[:, start : min(start + width, left)]
        fits = part.shape[1] == width and len(sizes) == len(given.shape)
        yield name, part.reshape(len(part), *sizes) if fits else part
        start += width
    if start != left:
        message = f"the network's inputs have {start} elements, but [data] names {left} columns for x"
        raise ShapeError(message, code=SHAPE)


def _targets(network: Network, columns: Array) -> dict[str, Array]:
    """All columns go to the only target; several share them by their widths."""
    names = network.targets_given
    if len(names) < 2:
        return dict.fromkeys(names, columns)
    found, start = {}, 0
    for name, shape in network.target_shapes().items():
        width = shape[-1] if shape else None
        if not isinstance(width, int):
            raise ShapeError(
                f"the size of target {name} is not known, so that columns cannot be told apart", code=SHAPE
            )
        found[name], start = columns[:, start : start + width], start + width
    if start != columns.shape[1]:
        message = f"the network's targets have {start} elements, but [data] names {columns.shape[1]} columns for t"
        raise ShapeError(message, code=SHAPE)
    return found


def _check(network: Network, path: Path, x: dict[str, Array], t: dict[str, Array]) -> None:
    for name in network.targets_given:
        if name not in t:
            raise ShapeError(f"target {name} has no data in {path.name}", code=SHAPE, help="name it in [data] t = ...")
    for name, given in network.inputs.items():
        shape = x[name].shape[1:] if name in x else None
        symbolic = (isinstance(size, str) for size in given.shape)
        if (
            shape is None
            or len(shape) != len(given.shape)
            or not all(free or size == want for free, size, want in zip(symbolic, shape, given.shape, strict=True))
        ):
            found = "nothing" if shape is None else " x ".join(map(str, shape)) or "a single number"
            needed = " x ".join(map(str, given.shape))
            raise ShapeError(f"input {name} needs shape {needed} per sample, got {found} in {path.name}", code=SHAPE)
    if len({len(array) for array in (*x.values(), *t.values())}) > 1:
        raise ShapeError(f"{path.name} has different numbers of samples in x and t", code=SHAPE)
    for name, array in t.items():
        what = "targets" if list(t) == ["t"] else f"targets {name}"
        if network.targets != "any" and not np.allclose(array.sum(axis=-1), 1.0, rtol=0, atol=1e-12):
            message = f"{what} in {path.name} do not sum to 1, but are declared {network.targets}"
            raise InputError(message, code=CONTRADICTION)
        if network.targets == "one_hot" and not np.isin(array, (0.0, 1.0)).all():
            message = f"{what} in {path.name} are not one-hot, but are declared so"
            raise InputError(message, code=CONTRADICTION)
