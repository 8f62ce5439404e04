"""Speed: emitted code against hand-written NumPy, the BLAS calls alone, PyTorch and JAX; derivation against size."""
