"""The verdict as files: `report.html` (a page without other files), `verdict.csv` and `verdict.tex`."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import plan
from semnerf_lib.machine.files import kept_json, write_aside
from semnerf_lib.machine.jsons import of_kinds
from semnerf_lib.machine.provenance import revision
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.pages.verdict_exports import to_csv, to_tex
from semnerf_lib.pages.verdict_figures import claim_figures, overview_figure
from semnerf_lib.pages.verdict_tables import Cells, cost_lines, details, overview, scene_lines
from semnerf_lib.questions.registry import conclusions
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.claim_verdicts import headline
from semnerf_lib.study.claims import CLAIMS, MARGIN, QUESTIONS, Claim
from semnerf_lib.study.judging import Row, judge, other_scenes
from semnerf_lib.study.published import find_references, read_published
from semnerf_lib.study.results import finished

FILES = ("report.html", "verdict.csv", "verdict.tex")
"""What `write_verdict` writes."""


def kept_verdict(scene: Scene, scale: str, store: Store, folder: Path, key: str) -> list[Cells]:
    """`write_verdict`, or the lines of an earlier call with the same key whose files are still there.

    Args:
        key: of all that the verdict depends on, beside the code.
    """

    def check(kept: Any) -> None:
        lines = kept["lines"]
        ours = of_kinds(kept, {"key": str, "lines": list}) and all(isinstance(line, dict) for line in lines)
        texts = ours and all(isinstance(text, str) for line in lines for text in line.values())
        if not texts or kept["key"] != key or not all((folder / name).is_file() for name in FILES):
            raise SemnerfError(f"{folder}: other inputs, expected those of the verdict that is kept")

    def make() -> dict[str, Any]:
        return {"key": key, "lines": write_verdict(scene, scale, store, folder)}

    return kept_json(folder / "verdict.json", check, make)["lines"]


def write_verdict(scene: Scene, scale: str, store: Store, folder: Path) -> list[Cells]:
    """Writes `FILES`, the page on the verdict and its tables, from the finished runs in the store, aside and renamed.

    Nothing is written while no run that a claim needs is finished.

    Args:
        scene: as the scale sees it.
        folder: the page's.

    Returns:
        A line a claim (see `verdict_tables.overview`), none if nothing was written.

    Raises:
        SemnerfError: a damaged run, reference or published file; no room, or the folder cannot be written to.
    """
    planned = [one for claim in CLAIMS for one in plan(claim.experiment, scene, scale)]
    runs = list(finished(planned, store).values())
    if not runs:
        return []
    rows = judge(scene, scale, store)
    scenes = [(scene, rows), *((other, judge(other, scale, store)) for other in other_scenes(scene, scale, store))]
    with mpl.rc_context({"svg.hashsalt": "semnerf"}):  # the same rows give the same picture
        plots.style()
        picture = _embedded(overview_figure(rows, "Paired differences with their 95 % intervals"))
        claims = [_section(claim, rows, scene) for claim in CLAIMS]
    page = TEMPLATES.get_template("report.html.j2").render(
        scene=scene,
        scale=scale,
        margin=MARGIN,
        overview=overview(rows),
        picture=picture,
        claims=claims,
        questions=QUESTIONS,
        scenes=scene_lines(scenes),
        costs=cost_lines(scene, scale, store),
        conclusions=conclusions(store),
        provenance=made_with(runs, len({one.id for one in planned})),
        runs=runs,
        published=read_published(),
    )
    texts = {
        "report.html": page,
        "verdict.csv": to_csv(rows, scene.name, scale),
        "verdict.tex": to_tex(rows, f"{scene.name}, {scale} scale, {len(runs)} runs"),
    }
    for name, text in texts.items():
        write_aside(folder / name, lambda aside, text=text: aside.write_text(text, encoding="utf-8"))
    return overview(rows)


def _section(claim: Claim, rows: Sequence[Row], scene: Scene) -> dict[str, Any]:
    """The part of the page on one claim, for its template; the pictures stand with the first claim of an experiment."""
    own = [row for row in rows if row.claim == claim]
    same = [row for row in rows if row.claim.experiment == claim.experiment]
    references = find_references(scene.name, claim.experiment)
    published = read_published().at_width(scene.intrinsics.width) if claim.experiment == "super_resolution" else None
    figures = claim_figures(same, claim.text) if same and same[0].claim == claim else []
    return {
        "claim": claim,
        "verdict": headline(claim, rows),
        "lines": details(own, references, published),
        "pictures": [_embedded(figure) for figure in figures],
        "references": references,
    }


def _embedded(figure: Figure) -> str:
    """A figure as the data URL of an SVG, and closed."""
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    plt.close(figure)
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def made_with(runs: Sequence[Run], wanted: int) -> dict[str, str]:
    """Where and with what the runs were made."""
    facts = [run.provenance for run in runs]

    def each(key: str) -> str:
        return "; ".join(sorted({str(fact[key]) for fact in facts}))

    dates = sorted(fact["date"] for fact in facts)
    versions = {", ".join(f"{name} {v}" for name, v in fact["versions"].items()) for fact in facts}
    return {
        "runs": f"{len(runs)} of {wanted}",
        "models": "; ".join(sorted({run.config.model_name for run in runs})),
        "steps a run": "; ".join(sorted({f"{run.config.iterations:,}" for run in runs})),
        "device": each("device"),
        "precision": each("precision"),
        "versions": "; ".join(sorted(versions)),
        "revision": each("revision"),
        "made": dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}",
        "page written": f"{datetime.now().astimezone().isoformat(' ', timespec='seconds')}, revision {revision()}",
    }
