# make reproduce [SCENE=room|PATH] [SCALE=smoke|laptop|reference|paper]   everything, set-up included; ends with a page to open
# make test                                                     checks, unit tests, the notebooks headless and in a browser
# make bench                                                    measures the kit beside what the machine allows
# make lab                                                      the exercises in JupyterLab, in your own folder exercises/
# make site                                                     notebooks, reports and the library's reference, to read offline
# make fuzz [COUNT=20000]                                       damaged and hostile files at every door, drawn from a seed
# make package                                                  wheel and sdist in build/dist, tried outside the checkout
# make help                                                     these lines
# make setup | clean                                            only the set-up; away with it (results/, site/ and exercises/ stay)

SCENE ?= room
SCALE ?= laptop
COUNT ?= 20000
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
STAMP := .venv/set-up-seconds
QUIET := .venv/etc/jupyter/labconfig/page_config.json

.PHONY: reproduce test bench lab site fuzz package help setup clean
.DELETE_ON_ERROR:

reproduce: $(STAMP) $(QUIET)
	SEMNERF_SETUP_SECONDS=$$(cat $(STAMP)) $(BIN)/semnerf reproduce --scene "$(SCENE)" --scale "$(SCALE)"

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 tests
	results=$$(mktemp -d) && trap 'rm -rf "$$results"' EXIT && \
	SEMNERF_RESULTS="$$results" SEMNERF_SCALE=smoke SEMNERF_HEADLESS=1 OMP_NUM_THREADS=1 \
		$(BIN)/python -m pytest -q -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout=600 notebooks
	$(BIN)/python -m pytest -q -rs -n 2 tests/browser

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py

lab: $(STAMP) $(QUIET)
	@test -d exercises || $(BIN)/semnerf students exercises
	$(BIN)/jupyter lab exercises/index.ipynb

site: $(STAMP)
	$(BIN)/semnerf site --to site

fuzz: $(STAMP)
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m fuzz --count $(COUNT)

package: $(STAMP)
	$(BIN)/python tests/package.py build/dist

help:
	@sed -n '/^#/!q; s/^# //p' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) $(QUIET)

# Every JupyterLab of .venv asks no web site for news, updates or extensions
$(QUIET): docs/jupyter/labconfig/page_config.json | $(STAMP)
	@mkdir -p $(@D) && cp $< $@

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; give one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; \
		sys.exit("error: $(PYTHON) is Python %d.%d, expected 3.11 or newer" % v[:2] if v < (3, 11) else 0)'
	@echo "setting up .venv with $(PYTHON) (some minutes the first time)"
	@start=$$(date +%s) && "$(PYTHON)" -m venv .venv && \
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[notebooks,cluster,import,dev]' && \
	echo $$(($$(date +%s) - start)) > $@
	@$(BIN)/python tests/browser/chromium.py
	@echo "set up. Next: make lab (the exercises) or make reproduce (everything)"

clean:
	rm -rf .venv build semnerf.egg-info .pytest_cache .ruff_cache
	find semnerf_lib tests -name __pycache__ -type d -prune -exec rm -rf {} +
