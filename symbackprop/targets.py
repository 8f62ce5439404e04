"""Stages of a network → its code in other languages than NumPy's: which form of the program each is printed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbackprop.emit.array_module import emit_array_module
from symbackprop.emit.c import emit_c
from symbackprop.emit.floats import emit_floats
from symbackprop.explorable import network_script
from symbackprop.lower import lower
from symbackprop.lower.loops import loop_nests
from symbackprop.lower.straight import update_line

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages


def c_text(stages: Stages, checks: Sequence[str] = ()) -> str:
    """The text of `network.c`: straight lines for a small network of a single sample, else loops.

    Args:
        stages: Of the network.
        checks: Those that the program has passed, for the certificate.
    """
    return emit_c(
        stages.derivation,
        stages.few or loop_nests(stages.program),
        training=stages.training,
        update=update_line(stages.training),
        sizes={str(size): value for size, value in stages.graph.sizes.items()},
        checks=checks,
        network_hash=stages.network_hash,
    )


def javascript_text(stages: Stages, checks: Sequence[str] = ()) -> str:
    """The text of `network.js`: every element by its name for a small network of a single sample, else arrays.

    Args:
        stages: Of the network.
        checks: Those that the program has passed, for the certificate.
    """
    code = stages.few or loop_nests(stages.program)
    return network_script(stages, code, checks)


def floats_text(stages: Stages, checks: Sequence[str] = ()) -> str:
    """The text of `gradients_floats.py`, for the samples of the network's file or, without any, for one.

    Args:
        stages: Of the network.
        checks: Those that the program has passed, for the certificate.

    Raises:
        TooLargeError: It would be too long.
    """
    return emit_floats(
        stages.derivation,
        stages.straight,
        training=stages.training,
        update=update_line(stages.training),
        checks=checks,
        network_hash=stages.network_hash,
    )


def array_api_text(stages: Stages, checks: Sequence[str] = ()) -> str:
    """The text of `gradients_array_api.py`.

    Args:
        stages: Of the network.
        checks: Those that the program has passed, for the certificate.
    """
    return emit_array_module(stages.derivation, stages.program.at_once, checks=checks, network_hash=stages.network_hash)


def framework_text(stages: Stages, library: str, checks: Sequence[str] = ()) -> str:
    """The text of `gradients_jax.py` or `gradients_torch.py`: with the gradient by data, for what stands before it.

    Args:
        stages: Of the network.
        library: `"jax"` or `"torch"`.
        checks: Those that the program has passed, for the certificate.
    """
    derivation = stages.derivation_by_all
    return emit_array_module(
        derivation, lower(derivation).at_once, library=library, checks=checks, network_hash=stages.network_hash
    )
