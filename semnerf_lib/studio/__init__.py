"""Labels made with a model: by clicks that a field learns from in a second, and a run's labels for a whole data set.

It may know the method and `scenes`. Begin with `session`, then `relabel`.
"""
