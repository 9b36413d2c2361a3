.PHONY: nightly mutants demo test lint docs site bench
demo: ; @sh tools/setup.sh && .venv/bin/licgraph check examples/r1-distill-llama-70b.yaml || test $$? -eq 1
test: ; @sh tools/setup.sh dev && .venv/bin/python -m pytest -q -n auto
lint: ; @.venv/bin/ruff check src tests tools benchmarks && .venv/bin/mypy
docs: ; @.venv/bin/python tools/schemas.py && .venv/bin/python tools/readme.py && .venv/bin/python tools/effects.py && .venv/bin/python tools/coverage.py && .venv/bin/python tools/formats.py && .venv/bin/python tools/man.py && .venv/bin/python tools/transcripts.py && .venv/bin/python tools/pictures.py && .venv/bin/python tools/trust.py && .venv/bin/python tools/performance.py
site: ; @NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict && echo build/site/index.html
nightly: ; @sh tools/setup.sh dev && LICGRAPH_EXAMPLES=$${LICGRAPH_EXAMPLES:-100000} .venv/bin/python -m pytest -q -n auto tests/test_properties.py tests/test_stateful.py tests/test_audit.py -k "not oracle" && .venv/bin/python tools/second_solver.py --write && .venv/bin/python tools/fuzz.py --minutes 60 && tools/reproducible.sh build/dist && LICGRAPH_PYTHONS_TESTS=1 tools/pythons.sh build/dist/*.whl && .venv/bin/python tools/line_coverage.py --write && .venv/bin/python tools/mutants.py --write && .venv/bin/python tools/knowledge_mutants.py --write
bench: ; @.venv/bin/python benchmarks/startup.py
mutants: ; @.venv/bin/python tools/line_coverage.py --write && .venv/bin/python tools/mutants.py --write && .venv/bin/python tools/knowledge_mutants.py --write
