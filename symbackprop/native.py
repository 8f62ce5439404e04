"""The C file of a network → functions on NumPy arrays: a compiler makes a library of it, and ctypes calls that.

A library is kept by the hash of everything that went into it, so that a network is compiled once for each precision
and each choice of sizes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbackprop.emit.c import c_name
from symbackprop.errors import CheckFailedError, InputError, ShapeError
from symbackprop.targets import c_text
from symbackprop.verify.rounding import difference

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages

Array = npt.NDArray[Any]
FLAGS = ("-std=c99", "-fPIC", "-shared")
FAST = ("-O3", "-march=native", "-fno-math-errno")
LINE = 64
MOST_NUMBERS, FEW_NUMBERS = 3_000_000, 100_000
REALS = {"float64": "double", "float32": "float"}


class Native:
    """The compiled C code of one network, called like its Python module.

    Args:
        stages: The network.
        dtype: `"float64"` or `"float32"`, what is computed in.
        flags: What the compiler is told besides; the standard ones make code for this machine's processor alone.

    Example:
        >>> import symbackprop as sb
        >>> module = sb.derive("mazur").native()          # doctest: +SKIP
        >>> module.loss(module.parameters(), [0.05, 0.10], [0.01, 0.99])          # doctest: +SKIP
        0.2983711087600027
    """

    def __init__(self, stages: Stages, dtype: str = "float64", flags: Sequence[str] = FAST) -> None:
        if str(np.dtype(dtype)) not in REALS:
            raise InputError(f"the C code computes in float64 or float32, not in {dtype}")
        self.dtype = np.dtype(dtype)
        self.text = c_text(stages)
        self._stages = stages
        self._flags = (*FLAGS, *flags)
        self._libraries: dict[tuple[int, ...], _Library] = {}

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        graph = self._stages.graph
        return {t.name: t for t in (*graph.with_role("input", "constant", "target"), *graph.parameters)}

    @cached_property
    def _parameters(self) -> list[str]:
        return [tensor.name for tensor in self._stages.graph.parameters]

    @cached_property
    def _data(self) -> list[str]:
        return [name for name in self._tensors if name not in self._parameters]

    def parameters(self) -> dict[str, Array]:
        """The start values that the network gives, or draws where it gives none."""
        module = self._stages.module
        first = module.parameters() if hasattr(module, "parameters") else module.initialize()
        return {name: np.asarray(value, dtype=self.dtype) for name, value in first.items()}

    def loss(self, params: Mapping[str, Any], *data: Any, **named: Any) -> float:
        """The loss."""
        return self.bind(params, *data, **named).loss()

    def loss_and_grad(self, params: Mapping[str, Any], *data: Any, **named: Any) -> tuple[float, dict[str, Array]]:
        """The loss, and its gradient by every parameter."""
        return self.bind(params, *data, **named).loss_and_grad()

    def bind(self, params: Mapping[str, Any], *data: Any, **named: Any) -> Bound:
        """Copy parameters and data into the layout of the C code once, for many calls.

        Raises:
            ShapeError: An array does not have the shape that it needs, or holds what the network has no use for.
            InputError: There is no C compiler, or it fails.
            CheckFailedError: What it made is not what was verified.
        """
        module = self._stages.module
        by_name = {**dict(zip(module.DATA, data, strict=False)), **named}
        twice = len(data) + len(named) != len(by_name)
        by_name = {**getattr(module, "CONSTANTS", {}), **by_name}
        if twice or by_name.keys() != module.DATA.keys():
            found = [*(f"array {place + 1}" for place in range(len(data))), *named]
            raise ShapeError(f"the data are {', '.join(module.DATA)}, but given are {', '.join(found) or 'none'}")
        try:
            params, arrays = module._checked(params, **{name: by_name[name] for name in module.DATA})
        except ValueError as error:
            raise ShapeError(str(error)) from None
        given = {name: np.asarray(value, dtype=self.dtype) for name, value in zip(self._data, arrays, strict=True)}
        given |= {name: np.asarray(params[name], dtype=self.dtype) for name in self._parameters}
        sizes = self._sizes(given)
        key = tuple(sizes.values())
        if key not in self._libraries:
            library = _Library(self, sizes)
            self._compare(library, given)
            self._libraries[key] = library
        return Bound(self, self._libraries[key], given)

    def _compare(self, library: _Library, given: Mapping[str, Array]) -> None:
        """Hold the compiled code against the verified module: compilers make mistakes too, at high optimisation.

        Parameters are drawn, and data too at every other point, so that no branch goes one way alone; of both signs
        first, then positive, for losses that are defined there alone.
        """
        count = sum(array.size for array in given.values())
        if count > MOST_NUMBERS:
            return
        rng = np.random.default_rng(0)
        floating = [name for name in given if not self._tensors[name].is_whole]
        for point in range(3 if count > FEW_NUMBERS else 12):
            names = self._parameters if point % 2 else floating
            change = np.abs if point % 3 == 2 else np.asarray
            off = self._off(library, {**given, **_drawn(names, given, rng, change)})
            if off:
                help = "compile it without optimisation, d.native(flags=['-O0']), and tell who makes the compiler"
                raise CheckFailedError(f"the compiled code is not what was verified: {off}", help=help)

    def _off(self, library: _Library, given: Mapping[str, Array]) -> str:
        """Say what the compiled code computes otherwise than the module does."""
        found = Bound(self, library, given).loss_and_grad()
        data = [given[n].astype(int) if self._tensors[n].is_whole else given[n] for n in self._data]
        return difference(self._stages.module, {n: given[n] for n in self._parameters}, data, found, self.dtype)

    def _sizes(self, given: Mapping[str, Array]) -> dict[str, int]:
        """The values of symbolic sizes, from arrays that agree."""
        found: dict[str, int] = {}
        for name, tensor in self._tensors.items():
            shape = given[name].shape
            if 0 in shape:
                raise ShapeError(f"{name} is empty: its shape is {shape}")
            found |= {str(size): length for size, length in zip(tensor.shape, shape, strict=True) if size.is_Symbol}
        return dict(sorted(found.items()))


class Bound:
    """A compiled network with parameters and data in place.

    Attributes:
        params: All parameters, one after the other, as the C code reads them: change them in place.
        grads: The gradient, likewise.
    """

    def __init__(self, owner: Native, library: _Library, given: Mapping[str, Array]) -> None:
        self._shapes = {name: given[name].shape for name in owner._parameters}
        self.params = _aligned(_flat(given, owner._parameters, owner.dtype))
        self.grads = _aligned(np.zeros_like(self.params))
        self._data = _aligned(_flat(given, owner._data, owner.dtype))
        self._work = _aligned(np.zeros(library.work, dtype=np.uint8))
        addresses = [array.ctypes.data for array in (self.params, self._data, self.grads, self._work)]
        self._pointers = [ctypes.c_void_p(address) for address in addresses]
        self._loss, self._both = library.loss, library.both

    def loss(self) -> float:
        """The loss."""
        params, data, _, work = self._pointers
        return float(self._loss(params, data, work))

    def run(self) -> float:
        """The loss; the gradient is left in `grads`."""
        return float(self._both(*self._pointers))

    def loss_and_grad(self) -> tuple[float, dict[str, Array]]:
        """The loss, and the gradient by the name of each parameter."""
        value = self.run()
        found: dict[str, Array] = {}
        start = 0
        for name, shape in self._shapes.items():
            stop = start + int(np.prod(shape))
            found[name] = self.grads[start:stop].reshape(shape).copy()
            start = stop
        return value, found


def _drawn(
    names: Sequence[str], given: Mapping[str, Array], rng: np.random.Generator, change: Callable[[Array], Array]
) -> dict[str, Array]:
    """Random numbers of moderate size in the place of some arrays."""
    shapes = {name: given[name].shape for name in names}
    return {name: change(rng.standard_normal(s) / max(s[-1:] or (1,)) ** 0.5) for name, s in shapes.items()}


def _flat(given: Mapping[str, Array], names: list[str], dtype: np.dtype[Any]) -> Array:
    # A function may have no data besides what it is differentiated by.
    return np.concatenate([np.zeros(0), *(np.ravel(given[name]) for name in names)]).astype(dtype)


def _aligned(array: Array) -> Array:
    """A copy that begins with a cache line, so that no vector of it lies in two."""
    room = np.empty(array.nbytes + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    kept: Array = room[start : start + array.nbytes].view(array.dtype)
    kept[...] = array
    return kept


class _Library:
    def __init__(self, owner: Native, sizes: Mapping[str, int]) -> None:
        prefix = c_name(owner._stages.graph.name)
        defined = {f"{prefix.upper()}_REAL": REALS[str(owner.dtype)]}
        defined |= {f"{prefix.upper()}_{size}": str(value) for size, value in sizes.items()}
        text = f"{owner.text}\nsize_t {prefix}_work_size(void);\n"
        text += f"size_t {prefix}_work_size(void) {{ return sizeof({prefix}_work); }}\n"
        library = ctypes.CDLL(str(compiled(text, [*owner._flags, *(f"-D{k}={v}" for k, v in defined.items())])))
        real = ctypes.c_double if owner.dtype.itemsize == 8 else ctypes.c_float
        size = library[f"{prefix}_work_size"]
        size.restype = ctypes.c_size_t
        self.work = int(size())
        self.loss, self.both = library[f"{prefix}_loss"], library[f"{prefix}_loss_and_grad"]
        for function, count in ((self.loss, 3), (self.both, 4)):
            function.restype = real
            function.argtypes = [ctypes.c_void_p] * count


def compiled(text: str, flags: list[str]) -> Path:
    """A shared library made of C, or the one made before of the same text with the same flags.

    Raises:
        InputError: There is no C compiler, or it fails.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise InputError(
            "no C compiler was found: cc, gcc or clang is needed",
            code="SB006",
            help="install one, name it in the environment variable CC, or use the Python module",
        )
    key = hashlib.sha256("\0".join([text, compiler, *flags]).encode()).hexdigest()[:32]
    folder = cache_folder()
    library = folder / f"{key}.so"
    if library.is_file():
        return library
    with tempfile.TemporaryDirectory(dir=folder) as place:
        source, made = Path(place) / "network.c", Path(place) / "network.so"
        source.write_text(text, encoding="utf-8")
        command = [compiler, *flags, "-o", str(made), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InputError(f"{compiler} fails:\n{done.stderr.strip()}", code="SB006")
        os.replace(made, library)
    return library


def cache_folder() -> Path:
    """Where libraries are kept, readable by their owner alone: a library that is loaded can do everything."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "symbackprop"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
