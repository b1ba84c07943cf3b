# Every recipe is one Python line, so that it can be typed on Windows too.
PYTHON ?= python3
IN_VENV = $(PYTHON) tools/environment.py

.PHONY: demo test lint mutants test-browser bench lock picture clean

demo:  ## bake the default project, run the loop and print the path of the report
	$(PYTHON) tools/demo.py

# A file of tests stays in one process, where its fixtures are made once.
APART = -n auto --maxprocesses 4 --dist loadfile

test:  ## everything: the quick tests first, then the slow ones, on all cores
	$(IN_VENV) -m pytest -m "not slow" $(APART)
	$(IN_VENV) -m pytest -m slow $(APART)

lint:  ## what ruff and mypy say about template, machinery, studies, notebooks and fresh bakes
	$(IN_VENV) -m pytest tests/test_lint.py

test-browser:  ## install a browser and two checkers where they are missing (Debian), and look at the report with them
	$(PYTHON) tools/browser.py

mutants:  ## break the guards of the machinery one at a time, and see whether a test notices
	$(IN_VENV) tools/mutants.py

bench:  ## time the bake and the loop, beside other ways to run the same notebooks
	$(IN_VENV) tools/bench.py

lock:  ## ask uv for the versions of today, on every system, for constraints.txt
	$(IN_VENV) tools/lock.py

picture:  ## take the picture that the READMEs begin with from the report of the demo
	$(IN_VENV) tools/picture.py

clean:  ## remove what the other targets made
	rm -rf build .venv .pytest_cache .ruff_cache
