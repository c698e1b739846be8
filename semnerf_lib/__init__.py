"""Train a NeRF from semantic labels alone: a tutorial and reproduction kit."""

import os

# PyTorch's threads spin for milliseconds after each piece of work, on the cores that the compiled loops of `kernels`
# want next. Libgomp reads this once, so it holds where this library is imported before torch.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")
