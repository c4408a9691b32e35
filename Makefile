# Every command runs in .venv, which the first one installs. ARGS passes options on: make lab ARGS=--no-browser
PYTHON ?= python3
NEWEST_PYTHON ?= $(PYTHON)
VENV := .venv/bin/python

# The oldest Python that the course runs on, such as 3.12.
OLDEST := $(shell sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)

# `make lab CPU=1` installs torch without NVIDIA's libraries. Not tried yet.
CPU_WHEELS := --extra-index-url https://download.pytorch.org/whl/cpu

unexport MPLBACKEND  # a backend set for scripts would keep notebooks from showing figures

.PHONY: help lab fresh progress run data devices grid fair grid-gan setup clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

lab: setup        ## open your copy of the course, in work/, in JupyterLab
	$(VENV) tools/lab.py $(ARGS)

fresh: setup      ## put back your copy of a notebook, and keep the old one: make fresh ARGS=05
	$(VENV) tools/copies.py fresh $(ARGS)

progress: setup   ## show which exercises are open, tried and solved
	$(VENV) -c "from helpers.exercises import progress; print(progress())"

run: setup        ## execute every notebook into build/, then print a table
	$(VENV) tools/run_notebooks.py --jobs 2 $(ARGS)

data: setup       ## download MNIST into data/
	$(VENV) -c "from helpers.mnist import download_mnist; download_mnist()"

devices: setup    ## measure this machine's devices, and add them to data/results/devices.csv
	$(VENV) tools/measure_devices.py

grid: setup       ## train all sixteen recipes from ten seeds, into data/results/grid.csv
	$(VENV) -m helpers.experiments --out data/results/grid.csv $(ARGS)

fair: setup       ## choose each recipe's learning rate, and train again, into data/results/grid_fair.csv
	$(VENV) tools/fair_grid.py reading

grid-gan: setup   ## the same for networks that write digits, into data/results/grid_gan.csv
	$(VENV) tools/fair_grid.py writing

# not for a class: what only those who change the course need
.PHONY: test notebooks translations bench faults browser site mutate versions student

test: setup       ## run every test, on full MNIST where it is at hand, else on the sample
	$(VENV) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

notebooks: setup  ## execute every notebook in place, for those who change the course
	$(VENV) tools/run_notebooks.py --jobs 2 --in-place $(ARGS)

translations: setup  ## bring docs/locale up to date, for those who change an English text
	$(VENV) tools/translations.py

bench: setup      ## measure speed
	$(VENV) -m pytest -s tests/benchmarks/bench_*.py $(ARGS)

faults: setup     ## plant faults in the notebooks, and count those that their tests catch
	$(VENV) tools/plant_faults.py --jobs 2 $(ARGS)

browser: setup    ## install what drives Chromium; make test then tests JupyterLab and the site, too
	$(VENV) -m pip install --quiet -e '.[browser,site]' -c constraints.txt

site: setup       ## build the course's site into build/site/
	$(VENV) -m pip install --quiet -e '.[site]' -c constraints.txt
	$(VENV) tools/build_site.py

mutate: setup     ## change helpers, one change at a time, and count those that their tests catch
	$(VENV) -m pip install --quiet -e '.[mutate]' -c constraints.txt
	MNIST_DIR=data/sample OMP_NUM_THREADS=1 $(VENV) -m mutmut run --max-children 2 $(ARGS)
	$(VENV) -m mutmut results

versions: build/oldest/installed build/newest/installed  ## test with the oldest and the newest versions that may be installed
	for each in oldest newest; do \
	    echo "With the $$each versions:"; \
	    MNIST_DIR=data/sample OMP_NUM_THREADS=1 build/$$each/bin/python -m pytest -q -o addopts= tests/test_*.py || exit 1; \
	    MNIST_DIR=data/sample build/$$each/bin/python -m pytest -q notebooks/0[123]_*.ipynb || exit 1; \
	done

student: setup    ## write the course without solutions into build/, as a folder and a zip file
	$(VENV) tools/copies.py student
# for a class, again

setup: .venv/installed  ## install the course into .venv

clean:            ## remove .venv, build/ and mutants/
	rm -rf .venv build mutants

# The stamp is written last, so that an interrupted installation starts over. It names this folder: an
# environment that was made in another one, before the course was copied or moved, does not fit here.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(CURDIR))
.PHONY: .venv/installed
endif
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(OLDEST)".split("."))))' 2>/dev/null || \
	{ echo "The course needs Python $(OLDEST) or newer, and $(PYTHON) is older or missing. Name another: make setup PYTHON=python$(OLDEST)" >&2; exit 1; }
	@echo "Installing the course into .venv: a few minutes, and longer if pip fetches NVIDIA's libraries (see the README)."
	@rm -rf .venv
	$(PYTHON) -m venv .venv
	$(VENV) -m pip install -e '.[test,grid]' -c constraints.txt $(if $(CPU),$(CPU_WHEELS))
	@echo "$(CURDIR)" > $@

# not for a class: here every lower bound of pyproject.toml is the version that is installed.
build/oldest/installed: pyproject.toml
	$(PYTHON) -m venv --clear build/oldest
	sed '1,/^\[project\]/d' pyproject.toml | grep -o '"[a-z][a-z-]*>=[0-9.]*"' | tr -d '"' | sed 's/>=/==/' > build/oldest/constraints.txt
	build/oldest/bin/python -m pip install --quiet -e '.[test,grid]' -c build/oldest/constraints.txt
	@touch $@

build/newest/installed: pyproject.toml
	$(NEWEST_PYTHON) -m venv --clear build/newest
	build/newest/bin/python -m pip install --quiet -e '.[test,grid]'
	@touch $@
# for a class, again
