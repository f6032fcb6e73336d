#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the integration targets by ansible-test integration, each core's against an emulator of the API of its own. Fails on a deprecation warning as
# well, and on any other warning that no target provokes.
#
#   integration.sh                             on the newest ansible-core, 2.21
#   integration.sh 2.16 2.18                   on these; all: on every supported one
#   integration.sh 2.16 -- vps_server          on this one, with arguments for ansible-test: targets, options
#
# Only the emulator runs in .venv, which `make integration` has built before. The targets run in the environment of the core (--local), whose
# packages are pinned: ansible-test would install others into environments of its own, and take longer.

set -u
cd "$(dirname "$0")/../.." || exit 1
. tools/scripts/cores.sh

# A target provokes it: two servers of one name.
expected='Some servers have other names in the inventory: '

integration() {  # integration CORE ARGUMENTS
    repository=$PWD
    core=$1
    shift
    log=$repository/.cache/ansible-test/integration-$core.log
    enter_ansible_test "$core" || return 1
    {
        "$repository/.venv/bin/python" "$repository/tools/scripts/emulated_account.py" tests/integration/integration_config.yml \
            "$repository/.cache/core-$core/bin/python" "$repository/tools/scripts/ansible_test_warnings.py" integration --local --color no "$@" 2>&1
        echo "ansible-test ended with code $?"
    } | tee "$log"
    [ "$(tail -n 1 "$log")" = 'ansible-test ended with code 0' ] || return 1
    if grep -E '^\[(DEPRECATION )?WARNING\]' "$log" | grep -vE "^\[WARNING\]: ($expected)"; then
        echo "integration: the warnings above are not expected; see .cache/ansible-test/integration-$core.log"
        return 1
    fi
}

for_given_cores integration 2.21 "$@"
