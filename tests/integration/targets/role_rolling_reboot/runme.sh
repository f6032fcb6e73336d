#!/usr/bin/env bash
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -eux

run() {
    ansible-playbook --inventory "$INVENTORY_PATH" --extra-vars @../../integration_config.yml "$@"
}

trap 'run delete.yml' EXIT
run create.yml "$@"
run reboot.yml --check --extra-vars '{"role_rolling_reboot_expected": {"rebooted": 2, "unchanged": 1}}' "$@"
run reboot.yml --extra-vars '{"role_rolling_reboot_expected": {"rebooted": 2, "unchanged": 1}}' "$@"
# A reboot is an action, not a state: only of servers that do not run is there nothing to do.
run stop.yml "$@"
run reboot.yml --extra-vars '{"role_rolling_reboot_expected": {"rebooted": 0, "unchanged": 3}}' "$@"
