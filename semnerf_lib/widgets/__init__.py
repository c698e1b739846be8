"""Explorers for a notebook: each function takes what it explores and a way to render it, and returns an `Explorer`."""

from semnerf_lib.widgets.free_view import free_view, made_truth, view_renderer

__all__ = ["free_view", "made_truth", "view_renderer"]
