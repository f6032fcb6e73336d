#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the tests of the collection on several versions of ansible-core, each on a Python that it supports.
#
#   matrix.sh                          on the oldest and the newest supported ones, 2.16 and 2.21
#   matrix.sh 2.17 2.18 2.20           on these
#   matrix.sh 2.18 -- tests/unit       on this one, with arguments for pytest
#
# Only the emulator of the API runs in .venv, which `make matrix` has built before: it needs a newer Python than the oldest ansible-core has.
# What is the same on every core is left to `make test`: the tests of the tools, and those tests of the collection whose subject is
# the network, the clock, memory, the API, a controller (AWX), or a text and whose length is worth saving. The client without Ansible depends on
# `requests` alone, of which the oldest supported version is that of the oldest core.

set -u
cd "$(dirname "$0")/../.." || exit 1

cores=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    cores="$cores $1"
    shift
done
if [ $# -gt 1 ]; then
    shift
    with_client=
else
    with_client=2.16
    set -- tests/unit tests/integration
    for name in awx_bad_input awx_counting awx_guide awx_navigator awx_register awx_register_errors awx_two_jobs clock contract_proxy documents \
        faults_matrix fleet_as_one lagging_lists limits manners other_description passwords races rate_limits spelling storm; do
        set -- --ignore "tests/integration/test_$name.py" "$@"
    done
fi

failed=
for core in ${cores:-2.16 2.21}; do
    case $core in
        2.16 | 2.17) version=3.10 ;;
        2.18 | 2.19) version=3.11 ;;
        *) version=3.12 ;;
    esac
    environment=$PWD/.cache/core-$core
    if ! interpreter=$(tools/scripts/find_python.sh $version) ||
        ! "$interpreter" tools/scripts/environment.py "$environment" --constraints tools/requirements/constraints.txt \
            "tools/requirements/core-$core.txt" tools/requirements/collection-tests.txt; then
        failed="$failed $core"
        continue
    fi
    echo "matrix: ansible-core $core, Python $version"
    client=
    [ "$core" != "$with_client" ] || client=tests/client
    VPSORG_TEST_EMULATOR_PYTHON=$PWD/.venv/bin/python "$environment/bin/python" -m pytest -n 3 --dist loadfile ${client:+"$client"} "$@" || failed="$failed $core"
done

if [ -n "$failed" ]; then
    echo "matrix failed:$failed"
    exit 1
fi
echo "matrix: all passed"
