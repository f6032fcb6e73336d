#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the tests of the collection on the oldest and the newest supported ansible-core, each on a Python of its own.
#
# Only the emulator of the API runs in .venv, which `make matrix` has built before: it needs a newer Python than the oldest ansible-core has.
# The tests of the emulator and of the fault proxy themselves are the same on every core: `make test` runs them.

set -u
cd "$(dirname "$0")/../.." || exit 1

failed=
run() {  # run CORE PYTHON
    core=$1
    environment=$PWD/.cache/core-$core
    interpreter=$(tests/tools/find_python.sh "$2") || { failed="$failed core-$core"; return; }
    "$interpreter" tests/tools/environment.py "$environment" --constraints tests/requirements/constraints.txt \
        "tests/requirements/core-$core.txt" tests/requirements/collection-tests.txt || { failed="$failed core-$core"; return; }
    echo "matrix: ansible-core $core, Python $2"
    VPSORG_TEST_EMULATOR_PYTHON=$PWD/.venv/bin/python \
        "$environment/bin/python" -m pytest -n 2 --dist loadfile tests/unit tests/client tests/integration || failed="$failed core-$core"
}

run 2.16 3.10
run 2.21 3.12

if [ -n "$failed" ]; then
    echo "matrix failed:$failed"
    exit 1
fi
echo "matrix: all passed"
