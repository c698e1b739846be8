"""Explorers for a notebook: each function takes what it explores and a way to render it, and returns an `Explorer`."""
