#!/bin/sh
# Runs the tests of the audit on Apache Spark: tools/spark.sh FOLDER. Spark is half a gigabyte, so it is in no lock: it is installed
# into FOLDER, beside .venv. Where there is no Java or the package is not to be had, that is said and nothing is tested.
set -eu
cd "$(dirname "$0")/.."
not_tested() { echo "the audit on Spark was NOT tested: $1" >&2; exit 0; }
command -v java > /dev/null || not_tested "there is no Java (17 or newer)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target "$1" py4j==0.10.9.9 pyspark==4.3.0 || not_tested "pyspark cannot be installed"
PYTHONPATH=$1 .venv/bin/python -m pytest -q -n 0 tests/test_spark.py
