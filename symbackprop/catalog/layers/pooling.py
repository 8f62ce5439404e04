"""Pooling: the largest value or the mean of a window, or of everything; a tie goes to the first place."""

from symbackprop.catalog.rows import Layer, Option

_OPTIONS = {
    "pool_size": Option("size", 2, help="how many places a window is long"),
    "strides": Option("integer", 0, help="how far windows are apart; 0: pool_size"),
}
_STEP = {"step": "strides + max(1 - strides, 0) * pool_size"}
_KERAS = "Keras 3, keras.layers"
_LINE, _IMAGE = {"x": ("length", "channels")}, {"x": ("height", "width", "channels")}
_ALONG = {"t": "(length - pool_size) // step + 1", "p": "pool_size"}
_OVER = {
    "t": "(height - pool_size) // step + 1",
    "u": "(width - pool_size) // step + 1",
    "p": "pool_size",
    "q": "pool_size",
}


def _windows(name: str, reduction: str, source: str) -> tuple[Layer, Layer]:
    """Pooling of windows along a line, and over an image."""
    line = Layer(
        f"{name}1d",
        f"y[t, k] = {reduction}(x[step * t + p, k], p)",
        inputs=_LINE,
        options=_OPTIONS,
        sizes=_STEP,
        ranges=_ALONG,
        activation=False,
        source=source,
    )
    image = Layer(
        f"{name}2d",
        f"y[t, u, k] = {reduction}(x[step * t + p, step * u + q, k], p, q)",
        inputs=_IMAGE,
        options=_OPTIONS,
        sizes=_STEP,
        ranges=_OVER,
        activation=False,
        source=source,
    )
    return line, image


def _everything(name: str, reduction: str, source: str) -> tuple[Layer, Layer]:
    """Pooling of a whole line, and of a whole image."""
    line = Layer(f"{name}1d", f"y[k] = {reduction}(x[t, k], t)", inputs=_LINE, activation=False, source=source)
    image = Layer(f"{name}2d", f"y[k] = {reduction}(x[t, u, k], t, u)", inputs=_IMAGE, activation=False, source=source)
    return line, image


POOLING = (
    *_windows("max_pooling", "max", "Riesenhuber & Poggio, Nature Neuroscience 2 (1999), 1019-1025"),
    *_windows("average_pooling", "mean", "LeCun et al., Neural Computation 1 (1989), 541-551"),
    *_everything("global_max_pooling", "max", f"{_KERAS}.GlobalMaxPooling1D and 2D"),
    *_everything("global_average_pooling", "mean", "Lin, Chen & Yan, Network in network, ICLR (2014)"),
)
