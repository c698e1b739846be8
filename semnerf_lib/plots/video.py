"""Films of views: mp4 files, and small ones embedded in a notebook."""

from __future__ import annotations

import errno
import os
import shutil
from base64 import b64encode
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
from imageio_ffmpeg import write_frames

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside

LEAST_ROOM = 1 << 20
"""Bytes of a disk that is not full."""


def video(frames: Iterable[np.ndarray], path: str | Path, fps: int = 24, quality: int = 6) -> Path:
    """Writes frames (H, W, 3) uint8 as H.264 mp4, aside and then renamed.

    Encoders want sizes divisible by 16: what is missing is filled with black at the right and the bottom.

    Args:
        frames: taken one at a time.
        path: the file.
        fps: frames a second.
        quality: 1 to 10.

    Raises:
        SemnerfError: no frame, or the file cannot be written.
    """
    path = Path(path)

    padded = (np.pad(frame, [(0, -frame.shape[0] % 16), (0, -frame.shape[1] % 16), (0, 0)]) for frame in frames)
    first = next(padded, None)
    if first is None:
        raise SemnerfError(f"{path}: no frame to film, expected at least one")

    def film(aside: Path) -> None:
        size, settings = first.shape[1::-1], {"output_params": ["-f", "mp4"], "ffmpeg_log_level": "quiet"}
        try:
            with closing(write_frames(str(aside), size, fps=fps, quality=quality, **settings)) as encoder:
                encoder.send(None)
                for frame in chain([first], padded):
                    encoder.send(np.ascontiguousarray(frame))
            if b"moov" not in aside.read_bytes():  # written last; nobody asks the encoder how it ended
                raise OSError("the encoder left no whole film")
        except OSError as fault:  # of a pipe that the encoder closed, whatever its reason
            full = shutil.disk_usage(aside.parent).free < LEAST_ROOM
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if full else fault from None

    write_aside(path, film)
    return path


def embed_video(path: str | Path, poster: np.ndarray, title: str, max_bytes: int = 1_000_000) -> EmbeddedVideo:
    """A film inside a notebook's output, and its poster as a picture for readers that show no video.

    Args:
        path: an mp4 file.
        poster: (H, W, 3) uint8, shown until the film plays, and alone where it can't.
        title: what the film shows.
        max_bytes: that the file may have; a notebook is to stay small.

    Returns:
        Something to display: HTML5 video with the poster, and a PNG beside it.

    Raises:
        SemnerfError: the file is too large.
    """
    data = Path(path).read_bytes()
    if len(data) > max_bytes:
        raise SemnerfError(f"{path}: {len(data)} bytes, expected at most {max_bytes} to embed it")
    return EmbeddedVideo(data, imageio.imwrite("<bytes>", poster, format="png"), title)


class EmbeddedVideo:
    """An mp4 film and its poster, as a notebook displays them."""

    def __init__(self, mp4: bytes, poster_png: bytes, title: str):
        self.mp4, self.poster_png, self.title = mp4, poster_png, title

    def __repr__(self) -> str:
        return f"{self.title} (film)"

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        return self.poster_png, {"alt": self.title}

    def _repr_html_(self) -> str:
        mp4, png = b64encode(self.mp4).decode(), b64encode(self.poster_png).decode()
        return (
            f'<figure><video controls loop muted width="640" poster="data:image/png;base64,{png}">'
            f'<source src="data:video/mp4;base64,{mp4}" type="video/mp4">'
            f'<img src="data:image/png;base64,{png}" alt="{self.title}"></video>'
            f"<figcaption>{self.title}</figcaption></figure>"
        )
