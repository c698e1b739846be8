"""`python -m semnerf_lib.cli` is `semnerf`."""

import sys

from semnerf_lib.cli.main import main

sys.exit(main())
