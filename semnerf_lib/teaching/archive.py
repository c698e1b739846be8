"""The file of a workshop's pack: a zip archive whose manifest knows every member.

manifest.json says of which scene and scale it is, which runs it holds, and of every other member its size and sha256;
each run has config.json, history.json, result.json and weights.bin in runs/<id>/. No member's name becomes a path.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside

FORMAT = 1
MANIFEST = "manifest.json"
FACTS = ("config", "history", "result")
MOST_BYTES = 2**28
"""Of a member, before it is read."""


def as_json(value: Any) -> bytes:
    """Readable JSON, as `files.write_json` writes it."""
    return (json.dumps(value, indent=1) + "\n").encode()


def write_archive(path: Path, facts: dict[str, Any], members: dict[str, bytes]) -> None:
    """Writes a pack aside and renames it; the same members give the same bytes.

    Args:
        facts: scene, scale, runs, and what else its manifest is to say.
        members: name -> data.

    Raises:
        SemnerfError: see `write_aside`.
    """
    known = {n: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in members.items()}
    manifest = {"format": FORMAT, **facts, "members": known}

    def write(aside: Path) -> None:
        with zipfile.ZipFile(aside, "w") as archive:
            for name, data in {MANIFEST: as_json(manifest), **members}.items():
                entry = zipfile.ZipInfo(name)  # its date is 1980, always
                entry.compress_type = zipfile.ZIP_STORED if name.endswith(".bin") else zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)

    write_aside(path, write)


def opened(path: Path) -> zipfile.ZipFile:
    """A pack, open for reading; it knows nothing yet of what it holds.

    Raises:
        SemnerfError: missing, or no zip archive.
    """
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as fault:
        reason = getattr(fault, "strerror", None) or "damaged or cut short"
        raise SemnerfError(f"{path}: {reason}, expected a pack of `semnerf workshop pack`") from fault


def checked_manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest of a pack, after every member was held against it.

    Raises:
        SemnerfError: no manifest, another format, members that it does not name, or one that is damaged.
    """
    try:
        manifest = json.loads(member(path, archive, MANIFEST))
        form, members, runs = manifest["format"], manifest["members"], manifest["runs"]
        claimed = {name: (fact["bytes"], fact["sha256"]) for name, fact in members.items()}
        scene, scale = manifest["scene"], manifest["scale"]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SemnerfError(f"{path}: no manifest of a workshop pack in it ({fault})") from fault
    if form != FORMAT or not isinstance(scene, str) or not isinstance(scale, str):
        raise SemnerfError(f"{path}: format {form!r} of scene {scene!r}, expected format {FORMAT}")
    wanted = {f"runs/{run}/{name}" for run in runs for name in ("weights.bin", *(f"{fact}.json" for fact in FACTS))}
    if set(claimed) != wanted or sorted(archive.namelist()) != sorted({MANIFEST, *wanted}):
        raise SemnerfError(
            f"{path}: its members are not those of its manifest, expected {len(wanted)} of {len(runs)} runs"
        )
    for name, (size, sha256) in claimed.items():
        data = member(path, archive, name)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise SemnerfError(f"{path}: {name} is damaged, expected sha256 {str(sha256)[:12]}...; copy the file again")
    return manifest


def member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """What a member holds.

    Raises:
        SemnerfError: missing, damaged or huge.
    """
    try:
        if archive.getinfo(name).file_size > MOST_BYTES:
            raise SemnerfError(f"{path}: {name} is larger than {MOST_BYTES} bytes, expected less")
        return archive.read(name)
    except (KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as fault:
        raise SemnerfError(
            f"{path}: {name} is missing or damaged, expected a whole pack; copy the file again"
        ) from fault


def facts_of(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """A run's config, history and result, by these names."""
    return {fact: json.loads(member(path, archive, f"runs/{name}/{fact}.json")) for fact in FACTS}
