"""The reference of the library: a page for each module, made from signatures and docstrings by pdoc."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from semnerf_lib import __version__

MODULES = ("semnerf_lib", "!semnerf_lib.cli", "!semnerf_lib.scenes.rooms")
"""What has pages: the library without the command line, which has its own --help, and the furniture."""


def write_api(folder: Path, modules: tuple[str, ...] = MODULES) -> None:
    """Writes the pages, `semnerf_lib.html` first of all; they load nothing from the network.

    Args:
        folder: new or empty.
        modules: as pdoc takes them: names, submodules included; a "!" leaves one out.
    """
    import pdoc

    pdoc.render.configure(
        docformat="google",
        show_source=False,
        search=False,
        footer_text=f"semnerf {__version__}",
        template_directory=Path(__file__).with_name("templates") / "reference",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pdoc evaluates annotations, and jaxtyping's shapes are no Python
        pdoc.pdoc(*modules, output_directory=folder)
    (folder / "index.html").unlink()  # leads to the first page and has no words of its own
    for path in folder.rglob("*.html"):
        text = re.sub(r"<h[56][^>]*>(.*?)</h[56]>", r'<p class="part">\1</p>', path.read_text(encoding="utf-8"))
        text = text.replace("<pre>", '<pre tabindex="0">')  # wider than a phone: the keyboard scrolls it too
        path.write_text(text, encoding="utf-8")  # "Arguments:" is no heading of the page: it would skip levels
