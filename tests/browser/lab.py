"""A JupyterLab of its own for the browser tests: a copy of the notebooks, no settings of the person's, no news."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
START_SECONDS = 120
QUIET = Path(__file__).resolve().parents[2] / "docs" / "jupyter"
"""As `make setup`: news, updates and lists of extensions would be asked of web sites."""


class JupyterLab:
    """A JupyterLab that serves a copy of notebooks/ on a free port of this machine; use as a context manager.

    Attributes:
        folder: holds all that it writes.
        notebooks: the copy.
        results: where its kernels' runs go (SEMNERF_RESULTS).
        url: of its server, without a slash at the end.
        token: what it asks for.
    """

    def __init__(self, folder: Path):
        self.folder, self.notebooks, self.results = folder, folder / "notebooks", folder / "results"
        self.token = secrets.token_hex(16)
        shutil.copytree(NOTEBOOKS, self.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))

    def environment(self) -> dict[str, str]:
        """What its server and its kernels see: smoke scale, watched by a person."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEMNERF_", "JUPYTER")) and k != "CI"}
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
            "SEMNERF_RESULTS": "results",
        }
        paths = {name: str(self.folder / place) for name, place in own.items()}
        told = {"SEMNERF_SCALE": "smoke", "JUPYTER_TOKEN": self.token, "JUPYTER_PREFER_ENV_PATH": "1"}
        told["JUPYTER_CONFIG_PATH"] = str(QUIET)
        # the browser needs the cores that OpenMP's threads would burn while they wait for each other
        return kept | paths | told | {"OMP_WAIT_POLICY": "passive"}

    def __enter__(self) -> JupyterLab:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
        command += [f"--ServerApp.root_dir={self.notebooks}", "--LabApp.extension_manager=readonly"]
        with open(self.folder / "jupyterlab.log", "wb") as log:
            self.process = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise RuntimeError(f"JupyterLab did not start:\n{(self.folder / 'jupyterlab.log').read_text()[-3000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, *exc) -> None:
        self.process.terminate()  # it ends its kernels first
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            self.ask("api/status")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def ask(self, path: str, method: str = "GET") -> object:
        """What the server's own interface answers, from JSON."""
        head = {"Authorization": f"token {self.token}"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/{path}", headers=head, method=method)) as reply:
            return json.loads(reply.read() or "null")

    def write(self, name: str, *cells: str) -> None:
        """A notebook of these cells beside the series."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.notebooks / name)

    def shut_kernels(self) -> None:
        """Ends every kernel that runs."""
        for session in self.ask("api/sessions"):
            self.ask(f"api/sessions/{session['id']}", "DELETE")
