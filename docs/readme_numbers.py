"""Writes the blocks of numbers in README.md from the committed notebooks' outputs: `python docs/readme_numbers.py`.

A block stands between `<!-- numbers: NAME -->` and `<!-- /numbers -->`. tests/test_readme.py asks that each is what its
cells say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
BLOCK = re.compile(r"(<!-- numbers: (?P<name>[\w ]+) -->\n).*?(<!-- /numbers -->)", re.DOTALL)
Line = dict[str, str]


def file_of(notebook: str) -> str:
    """The file name of a notebook by its number."""
    [path] = (PROJECT / "notebooks").glob(f"{notebook}_*.ipynb")
    return path.name


def output(notebook: str, cell: str) -> str:
    """What a cell of a committed notebook displays, as text: `output("04", "c19-9950b8")`.

    Raises:
        ValueError: no such cell, or one without output.
    """
    path = PROJECT / "notebooks" / file_of(notebook)
    cells = {one["id"]: one for one in json.loads(path.read_text(encoding="utf-8"))["cells"]}
    outputs = cells.get(cell, {}).get("outputs", [])
    texts = ["".join(one.get("text") or one.get("data", {}).get("text/plain", "")) for one in outputs]
    if not any(texts):
        raise ValueError(f"{path.name}: cell {cell} has no output, expected one: execute the notebook")
    return "\n".join(texts)


def table_in(text: str, head: str) -> list[Line]:
    """The lines of a table that `semnerf_lib.tables` has written as text; cells are aligned left under their heads.

    Args:
        head: the first head, by which the table is found.

    Raises:
        ValueError: no such table.
    """
    lines = text.splitlines()
    start = next((k for k, line in enumerate(lines) if re.match(rf"{re.escape(head)}  ", line)), None)
    if start is None:
        raise ValueError(f"no table whose first head is {head!r}, expected one in: {text[:60]!r}")
    heads = list(re.finditer(r"\S+(?: \S+)*", lines[start]))
    ends = [*(match.start() for match in heads[1:]), None]
    rows = []
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        rows.append({m[0]: line[m.start() : end].strip() for m, end in zip(heads, ends, strict=True)})
    return rows


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def scores() -> str:
    """One run of the grid and one of P1's network (notebook 04), longer ones (18), five folds of both models (05)."""
    run = {line["what"]: line["value"] for line in table_in(output("04", "c19-9950b8"), "what")}
    folds = table_in(output("05", "c09-d1eeca"), "model")
    rows = [
        [
            f"{run['model']}, {run['steps']} steps, {run['test frames']} test views",
            "1",
            run["mIoU"],
            run["total accuracy"],
            run["depth error (mean)"],
        ]
    ]
    network = table_in(output("04", "ncb6ef07e5"), "field")[-1]
    name = network["field"].replace("mlp", "the paper's own network, labels only")
    rows.append([name, "1", network["mIoU"], network["total accuracy"], f"{network['depth error (m)']} m"])
    for line in table_in(output("18", "c19b-nets01"), "network"):
        model = line["network"].partition(", ")[2].replace("labels alone", "labels only")
        name = f"the papers' own network, {model}, {line['steps']} steps, 180 test views"
        rows.append([name, "1", line["mIoU"], line["total accuracy"], f"{line['depth error (m)']} m"])
    for line in folds:
        values = [line[key].partition(" (n = ") for key in ("mIoU", "total accuracy", "depth error (m)")]
        n = values[0][2].rstrip(")")
        miou, accuracy, depth = (value for value, _, _ in values)
        rows.append([f"{line['model']}, {n} folds", n, miou, accuracy, f"{depth} m"])
    if blank := re.search(r"nothing learnt: ([\d.]+ m) \((.+)\)", output("05", "c18-1c7453")):
        rows.append([f"nothing learnt: an untrained field, {blank[2]}", "1", "–", "–", blank[1]])
    return markdown(["made room", "n", "mIoU", "total accuracy", "depth error"], rows)


def surfaces() -> str:
    """The learnt surfaces beside the true one (notebook 05)."""
    lines = {line["score"]: line for line in table_in(output("05", "c28-b2f4a6"), "score")}
    wanted = {
        "to the true one": "accuracy: learnt to true, mean (median)",
        "the true one to it": "completeness: true to learnt, mean (median)",
        "F-score within 5 cm": "F-score within 5 cm",
        "within 10 cm": "F-score within 10 cm",
    }
    models = [head for head in next(iter(lines.values())) if head != "score"]
    rows = [[model, *(lines[key][model].partition(" (")[0] for key in wanted.values())] for model in models]
    return markdown(["the learnt surface, fold 0", *wanted], rows)


def verdicts() -> str:
    """The table of all claims (notebook 10)."""
    heads = ("claim", "verdict", "it rests on", "beside it")
    rows = table_in(output("10", "c08-1ecf3c"), "claim")
    return markdown(["the paper's claim", "verdict here", *heads[2:]], [[row[head] for head in heads] for row in rows])


def elsewhere() -> str:
    """Each statement of the claims in several scenes and with the papers' networks (notebook 19)."""
    shared = ("claim", "labels", "labels alone are")
    networks = {
        tuple(line[head] for head in shared): line["the networks"]
        for line in table_in(output("19", "c17c-else1"), "claim")
    }
    rows = []
    for line in table_in(output("19", "c10-else01"), "claim"):
        key = tuple(line[head] for head in shared)
        rows.append([*key, line["holds"], line["mean over scenes"], networks.get(key, "–")])
    heads = ["claim", "labels", "labels alone are", "the grid: holds", "mean over scenes", "the networks, made room"]
    return markdown(heads, rows)


def longer() -> str:
    """Label noise in the notebook's runs and in the kept longer ones, beside the best filter (notebook 07)."""
    lines = table_in(output("07", "c35-b35a91"), "labels")
    [kept] = (head for head in lines[0] if "reference:" in head)
    steps = re.search(r"of ([\d,]+) steps", output("07", "c15-9bf8bc"))[1]
    more = re.search(r"([\d,]+) steps", kept)[1]
    rows = []
    for labels in dict.fromkeys(line["labels"] for line in lines):
        own = [line for line in lines if line["labels"] == labels]
        models = [line for line in own if line[kept] != "–"]
        given = [line["mIoU, training poses"] for line in own if line not in models]
        if models:
            best = max(given, key=lambda text: float(text.split()[0]) if text != "–" else 0.0)
            scores = [line[head] for line in models for head in ("mIoU, training poses", kept)]
            rows.append([labels, *(text.partition(" (n")[0] for text in [*scores, best])])
    heads = [f"{model}, {n} steps" for model in ("labels only", "labels + RGB") for n in (steps, more)]
    return markdown(["mIoU at training poses", *heads, "best baseline"], rows)


def open_questions() -> str:
    """What our runs say to what the paper leaves open, in short (notebook 10)."""
    lines = table_in(output("10", "c38-open02"), "title")
    rows = [
        [line["title"], line["in short"], f"[{n}](notebooks/{file_of(n)})"]
        for line in lines
        for n in [line["notebook"]]
    ]
    return markdown(["the paper leaves open", "our runs say", "notebook"], rows)


def runs() -> str:
    """What the verdicts rest on (notebook 10)."""
    return f"*{output('10', 'c04-0ea549').splitlines()[0]}.*\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "scores": scores,
    "surfaces": surfaces,
    "verdicts": verdicts,
    "runs": runs,
    "elsewhere": elsewhere,
    "longer": longer,
    "open questions": open_questions,
}


def written(text: str) -> str:
    """A text with its blocks written anew.

    Raises:
        ValueError: a block that nothing writes, or one that is missing.
    """
    names = [match["name"] for match in BLOCK.finditer(text)]
    if sorted(names) != sorted(BLOCKS):
        raise ValueError(f"README.md: blocks {names}, expected each of {list(BLOCKS)} once")
    return BLOCK.sub(lambda match: f"{match[1]}\n{BLOCKS[match['name']]()}\n{match[3]}", text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
