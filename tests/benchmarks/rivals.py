"""PyTorch and JAX on the networks that are timed, one thread each; none where they are not installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.nets import Case

Call = Callable[[], object]


def rivals(case: Case) -> dict[str, Call]:
    """Loss and gradient by each framework that is installed."""
    found: dict[str, Call] = {}
    if find_spec("torch"):
        found["torch eager"] = by_torch(case)
    if find_spec("jax"):
        found["jax.jit"] = by_jax(case)
    return found


def by_torch(case: Case) -> Call:
    """Eager PyTorch, gradients by its tape."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    params = {name: torch.tensor(value, requires_grad=True) for name, value in case.params.items()}
    x, t = (torch.tensor(value) for value in case.data)
    p, F = params, functional

    def cross_entropy(z: Any) -> Any:
        return -(t * F.log_softmax(z, 1)).sum() / len(t)

    def dense() -> Any:
        a = x
        layers = len(p) // 2
        for layer in range(1, layers + 1):
            a = F.linear(a, p[f"W{layer}"], p[f"b{layer}"])
            a = F.relu(a) if layer < layers else a
        return cross_entropy(a)

    def convolution() -> Any:
        z = F.conv2d(x.permute(0, 3, 1, 2), p["W1"].permute(0, 3, 1, 2), p["b1"])
        y = F.max_pool2d(F.relu(z), 2).permute(0, 2, 3, 1).reshape(len(x), -1)
        return cross_entropy(F.linear(y, p["W4"], p["b4"]))

    def recurrent() -> Any:
        W, U, b = (torch.cat([p[f"lstm_{letter}{gate}"] for gate in "ifgo"]) for letter in "WUb")
        h = c = x.new_zeros(len(x), U.shape[1])
        ahead = F.linear(x, W, b)
        for step in range(x.shape[1]):
            i, f, g, o = (ahead[:, step] + h @ U.T).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return cross_entropy(F.linear(h, p["W3"], p["b3"]))

    def attention() -> Any:
        q, k, v = (x @ p[f"{letter}_W"].T for letter in "qkv")
        weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1)
        return ((weights @ v - t) ** 2).mean()

    loss = {"dense": dense, "convolution": convolution, "recurrent": recurrent, "attention": attention}[case.kind]
    values = list(params.values())
    return lambda: torch.autograd.grad(loss(), values)


def by_jax(case: Case) -> Call:
    """Compiled JAX on one thread."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    jax.config.update("jax_enable_x64", True)
    x, t = (jnp.asarray(value) for value in case.data)
    params = {name: jnp.asarray(value) for name, value in case.params.items()}

    def cross_entropy(z: Any) -> Any:
        return -(t * jax.nn.log_softmax(z, 1)).sum() / len(t)

    def dense(p: Any) -> Any:
        a = x
        layers = len(p) // 2
        for layer in range(1, layers + 1):
            a = a @ p[f"W{layer}"].T + p[f"b{layer}"]
            a = jax.nn.relu(a) if layer < layers else a
        return cross_entropy(a)

    def convolution(p: Any) -> Any:
        filters = p["W1"].transpose(1, 2, 3, 0)
        numbers = ("NHWC", "HWIO", "NHWC")
        z = lax.conv_general_dilated(x, filters, (1, 1), "VALID", dimension_numbers=numbers) + p["b1"]
        y = lax.reduce_window(jax.nn.relu(z), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return cross_entropy(y.reshape(len(x), -1) @ p["W4"].T + p["b4"])

    def recurrent(p: Any) -> Any:
        W, U, b = (jnp.concatenate([p[f"lstm_{letter}{gate}"] for gate in "ifgo"]) for letter in "WUb")

        def step(state: Any, z: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(z + h @ U.T, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        start = jnp.zeros((len(x), U.shape[1]), x.dtype)
        (h, _), _ = lax.scan(step, (start, start), (x @ W.T + b).swapaxes(0, 1))
        return cross_entropy(h @ p["W3"].T + p["b3"])

    def attention(p: Any) -> Any:
        q, k, v = (x @ p[f"{letter}_W"].T for letter in "qkv")
        weights = jax.nn.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1)
        return ((weights @ v - t) ** 2).mean()

    loss = {"dense": dense, "convolution": convolution, "recurrent": recurrent, "attention": attention}[case.kind]
    both = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(both(params))
