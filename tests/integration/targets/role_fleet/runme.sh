#!/usr/bin/env bash
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -eux

run() {
    ansible-playbook --inventory "$INVENTORY_PATH" --extra-vars @../../integration_config.yml "$@"
}

trap 'run delete.yml' EXIT
run declare.yml --check --extra-vars '{"role_fleet_expected": {"created": 3, "unchanged": 0}}' "$@"
run declare.yml --extra-vars '{"role_fleet_expected": {"created": 3, "unchanged": 0}}' "$@"
run declare.yml --extra-vars '{"role_fleet_expected": {"created": 0, "unchanged": 3}}' "$@"
run delete.yml --check --extra-vars '{"role_fleet_expected": {"deleted": 3, "left": 3}}' "$@"
run delete.yml --extra-vars '{"role_fleet_expected": {"deleted": 3, "left": 0}}' "$@"
run delete.yml --extra-vars '{"role_fleet_expected": {"deleted": 0, "left": 0}}' "$@"
