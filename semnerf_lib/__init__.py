"""Train a NeRF from semantic labels alone: a tutorial and reproduction kit.

The method stands at the top, in the order the light falls: `rays`, `encoding`, `sampling`, `rendering`, `fields`,
`grid`, `carving`, `losses`, `metrics`, `labels`, `config`, `models`, `training`, `evaluation`. Every module may know
`scene`, `cameras`, `palette`, `tables` and `errors`. `notebook` begins each notebook. Everything else has a wing:

- `scenes`: where label images come from
- `corruptions`: what is done to label images before training
- `experiments`: the scales, a planned run and its id, the runs of each experiment
- `surfaces`, `lessons`, `studio`: a mesh of what was learnt, what a single lesson needs, labels by clicking
- `runs`, `study`, `questions`: what was run, what may be concluded from it, and what the paper leaves open
- `plots`, `widgets`, `pages`, `cli`: figures, explorers for a notebook, pages to open, commands to type
- `teaching`: checks of the exercises, copies for students, packs for a workshop
- `machine`: cores, devices, files; it knows nothing of NeRF
"""

import os

__version__ = "0.2.0"

# PyTorch's threads spin for milliseconds after each piece of work, on the cores that the compiled loops of `kernels`
# want next. Libgomp reads this once, so it holds where this library is imported before torch.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")
