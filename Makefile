.PHONY: demo test lint docs bench
demo: ; @sh tools/setup.sh && .venv/bin/licgraph check examples/r1-distill-llama-70b.yaml || test $$? -eq 1
test: ; @sh tools/setup.sh dev && .venv/bin/python -m pytest -q -n auto
lint: ; @.venv/bin/ruff check src tests tools benchmarks && .venv/bin/mypy
docs: ; @.venv/bin/python tools/schemas.py && .venv/bin/python tools/readme.py && .venv/bin/python tools/effects.py && .venv/bin/python tools/coverage.py && .venv/bin/python tools/formats.py && .venv/bin/python tools/pages.py
bench: ; @.venv/bin/python benchmarks/startup.py
