"""Readers of other people's folders: each finds frames, names and cameras; `core` makes a scene of them."""
