"""What all tests share: shapes checked in every call, one thread, a tiny scene that takes seconds to learn."""

from __future__ import annotations

from jaxtyping import install_import_hook

import semnerf_lib.config  # noqa: F401  (unchecked: it refuses bad values in its own words, which are tested)
import semnerf_lib.machine.field_kernels  # noqa: F401  (unchecked: likewise)
import semnerf_lib.machine.kernels  # noqa: F401  (unchecked: Numba compiles bare functions)
import semnerf_lib.machine.proposal_kernels  # noqa: F401  (unchecked: likewise)
import semnerf_lib.machine.voxel_kernels  # noqa: F401  (unchecked: likewise)
import semnerf_lib.scenes.bvh  # noqa: F401  (unchecked: likewise)

# before the first import of the library: every annotated shape and type is checked in every call
install_import_hook("semnerf_lib", "shapes.checked")

import signal  # noqa: E402

import pytest  # noqa: E402
import torch  # noqa: E402
from tiny import make_tiny_scene  # noqa: E402

# a shell has what it starts in the background ignore Ctrl-C, which some tests send
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Tests run beside each other; and sums in one thread are the same in every run."""
    torch.set_num_threads(1)


@pytest.fixture
def cores():
    """Sets the number of cores that PyTorch uses, until the end of the test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def three_cores(cores):
    cores(3)


@pytest.fixture(scope="session")
def tiny_scene():
    """A room with a sphere, ray-cast in closed form (see `tiny`)."""
    return make_tiny_scene()
