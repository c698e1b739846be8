"""Which browser the browser tests drive; as a script (the Makefile's set-up) it says how to get one where none is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW = (
    "get one by `apt-get install chromium` or `.venv/bin/playwright install --with-deps chromium`, "
    "or name one in SEMNERF_CHROMIUM"
)


def find(play) -> str | None:
    """Path of the browser: SEMNERF_CHROMIUM, else the first of `NAMES` on the path, else Playwright's own, else None.

    Args:
        play: what `sync_playwright` gives.
    """
    if named := os.environ.get("SEMNERF_CHROMIUM"):
        return named
    candidates = (*map(shutil.which, NAMES), play.chromium.executable_path)
    return next((path for path in candidates if path and Path(path).is_file()), None)


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        if find(driver) is None:
            print(f"no Chromium found: `make test` leaves its browser tests out; {HOW}")
