"""The file of a workshop's pack: a zip archive of finished runs with small weights.

    manifest.json                    format, scene, scale, revision, ids of the runs, sha256 over all other members
    runs/<id>/<fact>.json            the run's config, history and result
    runs/<id>/weights.safetensors    its weights, large tensors as whole numbers of steps

No member's name becomes a path.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.arrays import PACKED
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.jsons import parse_json

FORMAT = 2
MANIFEST, WEIGHTS, FACTS = "manifest.json", "weights.safetensors", ("config", "history", "result")
MAX_BYTES = 2**28
"""Of a member, before it is read."""
MAX_TOTAL = 2**33
"""Of all members."""
LARGE = 100_000
"""Tensors with at least so many numbers are rounded."""
STEPS = 6
"""Steps in the root mean square of a block's column: the error is at most a twelfth of it."""
BLOCK = 65_536
"""Rows that share their steps."""
COUNTS, UNITS = "/counts", "/steps"
"""What follows a rounded tensor's name: whole numbers of steps, columns first, and the steps (blocks, columns)."""


def pack_weights(tensors: dict[str, Tensor]) -> bytes:
    """Tensors as a safetensors file, the large ones rounded to int8 multiples of a step.

    A block of rows shares a step for each column: step = max(rms / STEPS, max |value| / 127).
    """
    parts = {}
    for name, value in tensors.items():
        value = value.detach().cpu()
        if value.numel() < LARGE or not value.is_floating_point():
            parts[name] = value.contiguous()
            continue
        blocks = value.float().split(BLOCK)
        steps = torch.stack([torch.maximum(b.square().mean(0).sqrt() / STEPS, b.abs().amax(0) / 127) for b in blocks])
        steps = torch.where(steps > 0, steps, 1.0)
        counts = (value / _by_row(steps, len(value))).round().to(torch.int8)
        parts |= {name + COUNTS: counts.movedim(0, -1).contiguous(), name + UNITS: steps}
    return save(parts)


def _by_row(steps: Tensor, n_rows: int) -> Tensor:
    return steps.repeat_interleave(BLOCK, dim=0)[:n_rows]


def unpack_weights(packed: bytes) -> dict[str, Tensor]:
    """The tensors of `pack_weights`, the same bits on every machine.

    Raises:
        SemnerfError: damaged bytes.
    """
    try:
        parts = load(packed)
        tensors = {name: value for name, value in parts.items() if not name.endswith((COUNTS, UNITS))}
        for name in (name.removesuffix(COUNTS) for name in parts if name.endswith(COUNTS)):
            counts = parts[name + COUNTS].movedim(-1, 0)
            tensors[name] = (counts * _by_row(parts[name + UNITS], len(counts))).contiguous()
    except (SafetensorError, KeyError, ValueError, RuntimeError, IndexError) as fault:
        raise SemnerfError(f"packed weights: damaged ({fault}), expected those of a workshop pack") from fault
    return tensors


def check_weights(weights: dict[str, Tensor], own: dict[str, Tensor]) -> None:
    """Raises SemnerfError unless weights are finite numbers of the names, kinds and sizes that a model has."""
    if weights.keys() != own.keys():
        raise SemnerfError(
            f"{WEIGHTS}: {sorted(weights.keys() ^ own.keys())[0]!r} is in it or in the model, not in both"
        )
    for name, value in weights.items():
        if (value.dtype, value.shape) != (own[name].dtype, own[name].shape):
            kind, wanted = (f"{t.dtype}{list(t.shape)}" for t in (value, own[name]))
            raise SemnerfError(f"{WEIGHTS}: {name} is {kind}, expected {wanted}")
        if not value.isfinite().all():
            raise SemnerfError(f"{WEIGHTS}: {name} holds NaN or infinity, expected finite numbers")


def as_json(value: Any) -> bytes:
    """Readable JSON, as `files.write_json` writes it."""
    return (json.dumps(value, indent=1) + "\n").encode()


def write_archive(path: Path, facts: dict[str, Any], members: dict[str, bytes]) -> None:
    """Writes a pack aside and renames it; the same members give the same bytes.

    Args:
        facts: scene, scale, runs, and what else the manifest says.
        members: name -> data.

    Raises:
        SemnerfError: see `write_aside`.
    """
    manifest = {"format": FORMAT, **facts, "sha256": _sha256(members, members.__getitem__)}

    def write(aside: Path) -> None:
        with zipfile.ZipFile(aside, "w") as archive:
            for name, data in {MANIFEST: as_json(manifest), **members}.items():
                entry = zipfile.ZipInfo(name)  # its date is 1980, always
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)

    write_aside(path, write)


def _sha256(names: Iterable[str], read: Callable[[str], bytes]) -> str:
    """sha256 over the names, sizes and bytes of members, hexadecimal."""
    h = hashlib.sha256()
    for name in sorted(names):
        data = read(name)
        h.update(f"{name}\n{len(data)}\n".encode() + data)
    return h.hexdigest()


class Pack:
    """A pack that is open for reading.

    Attributes:
        path: of the file, for messages.
        sha256: of the open file, hexadecimal.
        manifest: what manifest.json says; every member agrees with it.
    """

    def __init__(self, path: Path, file: Any):
        self.path, self.sha256 = path, hashlib.file_digest(file, "sha256").hexdigest()
        try:
            self._archive = zipfile.ZipFile(file)
        except (OSError, ValueError, struct.error, NotImplementedError, zipfile.BadZipFile) as fault:
            self._refuse("damaged or cut short, expected a pack of `semnerf workshop pack`", fault)
        self.manifest = self._checked_manifest()

    def _refuse(self, words: str, fault: Exception | None = None) -> NoReturn:
        raise SemnerfError(f"{self.path}: {words}") from fault

    def _checked_manifest(self) -> dict[str, Any]:
        manifest = self.json(MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            version = manifest.get("format") if isinstance(manifest, dict) else manifest
            self._refuse(f"manifest.json: format {str(version)[:40]!r}, expected a workshop pack of format {FORMAT}")
        texts, runs = [manifest.get(key) for key in ("scene", "scale", "sha256")], manifest.get("runs")
        if not all(isinstance(text, str) for text in texts):
            self._refuse("manifest.json: scene, scale or sha256 is no text, expected the manifest of a workshop pack")
        if not isinstance(runs, list) or not runs or not all(isinstance(run, str) for run in runs):
            self._refuse("manifest.json: runs is no list of names, expected the ids of the runs")
        names = sorted(f"runs/{run}/{name}" for run in runs for name in (WEIGHTS, *(f"{fact}.json" for fact in FACTS)))
        if len(set(runs)) != len(runs) or sorted(self._archive.namelist()) != sorted([MANIFEST, *names]):
            self._refuse(f"its members are not those of its manifest, expected {len(names)} of {len(runs)} runs")
        if (total := sum(self._archive.getinfo(name).file_size for name in names)) > MAX_TOTAL:
            self._refuse(f"{total} bytes when unpacked, expected at most {MAX_TOTAL}")
        if _sha256(names, self.read) != manifest["sha256"]:
            self._refuse(f"damaged, expected members of sha256 {manifest['sha256'][:12]}...; copy the file again")
        return manifest

    def read(self, name: str) -> bytes:
        """What a member holds.

        Raises:
            SemnerfError: missing, encrypted, damaged or huge.
        """
        try:
            member = self._archive.getinfo(name)
            if member.file_size > MAX_BYTES:
                self._refuse(f"{name} is larger than {MAX_BYTES} bytes, expected less")
            if member.compress_type not in PACKED:  # another way unpacks all of it, whatever size it names
                self._refuse(f"{name} is packed in another way, expected a pack of `semnerf workshop pack`")
            with self._archive.open(member) as stream:
                return stream.read(member.file_size + 1)
        except (KeyError, OSError, EOFError, RuntimeError, ValueError, struct.error, zlib.error) as fault:
            self._refuse(f"{name} is missing, encrypted or damaged, expected a whole pack; copy the file again", fault)
        except zipfile.BadZipFile as fault:
            self._refuse(f"{name} is damaged, expected a whole pack; copy the file again", fault)

    def json(self, name: str) -> Any:
        """The JSON value in a member.

        Raises:
            SemnerfError: see `read` and `jsons.parse_json`.
        """

        return parse_json(self.read(name), f"{self.path}: {name}", object)


@contextmanager
def open_pack(path: Path) -> Iterator[Pack]:
    """A pack, open for reading; all of its members are whole.

    Raises:
        SemnerfError: missing, no regular file, no pack, or damaged.
    """
    if path.exists() and not path.is_file():
        raise SemnerfError(f"{path}: is no regular file, expected a pack of `semnerf workshop pack`")
    try:
        file = path.open("rb")
    except OSError as fault:
        raise SemnerfError(f"{path}: {fault.strerror}, expected a pack of `semnerf workshop pack`") from fault
    with file:
        yield Pack(path, file)
