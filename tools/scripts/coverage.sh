#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the tests of the collection and reports which lines and branches of plugins/ they reach, those included that run in
# ansible-playbook's workers and in modules as processes of their own. Fails below 95 %.
#
#   coverage.sh TESTS

set -u
cd "$(dirname "$0")/../.." || exit 1
python=${VPSORG_COVERAGE_PYTHON:-.venv/bin/python}
VPSORG_COVERAGE_REPOSITORY=$PWD
VPSORG_COVERAGE_FOLDER=$PWD/.cache/coverage
export VPSORG_COVERAGE_REPOSITORY VPSORG_COVERAGE_FOLDER
rm -rf "$VPSORG_COVERAGE_FOLDER"
mkdir -p "$VPSORG_COVERAGE_FOLDER"

failed=0
"$python" -m coverage run -m pytest -n 3 --dist loadfile "$@" || failed=$?
# A process that was killed in the middle of a test leaves a file that holds nothing.
"$python" -W ignore -m coverage combine --quiet || exit 1
rm -f "$VPSORG_COVERAGE_FOLDER"/data.*
"$python" -m coverage xml --quiet -o "$VPSORG_COVERAGE_FOLDER/coverage.xml"
"$python" -m coverage report --fail-under 95 || failed=$?
exit "$failed"
