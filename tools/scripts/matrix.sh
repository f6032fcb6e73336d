#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs those tests of the collection whose outcome can depend on ansible-core, on several versions of it, each on a Python that it supports.
#
#   matrix.sh                          on the oldest and the newest supported ones, 2.16 and 2.21
#   matrix.sh 2.17 2.18 2.20           on these; all: on every supported one
#   matrix.sh 2.18 -- tests/unit       on this one, with arguments for pytest
#
# Only the emulator of the API runs in .venv, which `make matrix` has built before: it needs a newer Python than the oldest ansible-core has.

set -u
cd "$(dirname "$0")/../.." || exit 1
. tools/scripts/cores.sh

# What depends on the core is in the matrix: templates and whom they trust, options and their types, check mode and diffs, the process that a module
# runs in, output, warnings, the end of a run, inventories, roles, and what a controller (AWX) makes of them. The following tests are left to
# `make test`, because their subject is the same on every core. First the network, the API, and time; then what modules decide and send, which the
# integration targets show on every core, and in_process_module shows to be the same in either process; then what a controller adds; then texts.
left_out='
    addresses bad_answers clock contract_proxy faults_matrix kills lagging_lists limits lock_folder manners odd_servers other_description passwords
    races rate_limits request_counts spelling storm

    bad_input fleet_as_one fleet_counts fleet_failures fleet_sizes in_process_servers lookups power_many server_absent server_create server_info
    server_info_lists server_power server_update

    awx_bad_input awx_cancel awx_counting awx_guide awx_jobs awx_navigator awx_register awx_register_errors awx_two_jobs

    documents maintenance migrating
'

# How to tell the unit tests of what uses ansible-core. The others, and the tests of the client, use no more of a core's environment than its Python
# and its `requests`, so they run with the oldest one only.
depends_on_core='^ *(from|import) ansible[. ]|AnsibleCli|\.plugins\.(action|filter|inventory|lookup|modules|plugin_utils|test)\b|\._(fleet|module)\b'

matrix() {  # matrix CORE ARGUMENTS
    core=$1
    shift
    if [ $# -eq 0 ]; then
        if [ "$core" = 2.16 ]; then
            set -- tests/integration tests/client tests/unit
        else
            # shellcheck disable=SC2046 # one argument for each file
            set -- tests/integration $(grep -lE "$depends_on_core" tests/unit/test_*.py)
        fi
        for name in $left_out; do
            set -- --ignore "tests/integration/test_$name.py" "$@"
        done
    fi
    echo "matrix: ansible-core $core, $("$PWD/.cache/core-$core/bin/python" --version)"
    # The order of files is kept, so that it is not the longest ones, which have few tests, for which the other workers wait at the end.
    VPSORG_TEST_EMULATOR_PYTHON=$PWD/.venv/bin/python "$PWD/.cache/core-$core/bin/python" -m pytest -n 3 --dist loadfile --no-loadscope-reorder "$@"
}

for_given_cores matrix '2.16 2.21' "$@"
