"""Train a NeRF from semantic labels alone: a tutorial and reproduction kit."""
