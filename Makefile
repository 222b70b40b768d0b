PYTHON ?= python3
# Index for torch alone, such as the one with PyTorch's CPU wheels; empty means pip's own.
TORCH_INDEX ?=
DEMO := .venv
TEST := .venv-test
INSTALL := -m pip install --disable-pip-version-check --quiet --constraint constraints.txt
# All that goes into the package.
PACKAGED := pyproject.toml constraints.txt $(shell find models training serve evals -type f -not -name '*.pyc')

.PHONY: demo test check clean

demo: $(DEMO)/installed
	$(DEMO)/bin/stance label --format table examples/*.txt

test: $(TEST)/installed
	$(TEST)/bin/python -m pytest -q
	$(MAKE) check

check: $(TEST)/installed
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy

$(DEMO)/installed: $(PACKAGED)
	test -x $(DEMO)/bin/python || $(PYTHON) -m venv $(DEMO)
	rm -rf build
	$(DEMO)/bin/python $(INSTALL) .
	touch $@

# torch first, so that nothing else chooses its version. The package itself is installed in place.
$(TEST)/installed: pyproject.toml constraints.txt
	test -x $(TEST)/bin/python || $(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python $(INSTALL) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(TEST)/bin/python $(INSTALL) --editable '.[train,evals,dev]'
	touch $@

clean:
	rm -rf $(DEMO) $(TEST) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
