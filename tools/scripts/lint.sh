#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs every linter, says of each whether it passed, and fails when one of them did not.
#
#   lint.sh          checks
#   lint.sh --fix    formats the Python code and corrects what ruff can, in place, instead

set -u
cd "$(dirname "$0")/../.." || exit 1

environment=$PWD/.cache/venv-lint
python=$(tools/scripts/find_python.sh 3.12 3.13 3.14) || exit 1
"$python" tools/scripts/environment.py "$environment" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt || exit 1

if [ "${1:-}" = --fix ]; then
    "$environment/bin/ruff" check --quiet --fix --exit-zero .
    exec "$environment/bin/ruff" format .
fi

copy=$("$python" tools/scripts/export.py) || exit 1
unset PYTHONPATH VIRTUAL_ENV
PATH=$environment/bin:$PATH
ANSIBLE_COLLECTIONS_PATH=$PWD/.cache/export
ANSIBLE_HOME=$PWD/.cache/ansible-home
ANSIBLE_CONFIG=$PWD/.cache/no-ansible.cfg
NO_COLOR=1
export PATH ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME ANSIBLE_CONFIG NO_COLOR
: > "$ANSIBLE_CONFIG"
cd "$copy" || exit 1

failed=
check() {  # check NAME COMMAND...
    name=$1
    shift
    if "$@"; then
        echo "lint: $name passed"
    else
        echo "lint: $name FAILED"
        failed="$failed $name"
    fi
}

shell_scripts() {
    shellcheck .ci/run tools/scripts/*.sh
}

# mypy finds the collection by its whole name, from the folder above ansible_collections.
types() (
    folder=$PWD
    cd ../../.. || exit 1
    MYPYPATH=$PWD mypy --config-file "$folder/pyproject.toml" --cache-dir ../mypy --no-error-summary -p ansible_collections.vpsorg.cloud.plugins
)

# The schemas come with the program.
github_files() {
    check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml &&
        check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml &&
        check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml &&
        check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
}

check ruff-check ruff check --quiet --output-format concise --no-cache .
check ruff-format ruff format --check --quiet --no-cache .
check mypy types
check shellcheck shell_scripts
check yamllint yamllint --strict .
check check-jsonschema github_files
check ansible-lint ansible-lint -q --offline --profile production
check antsibull-changelog antsibull-changelog lint
check changelog.yaml antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml
check antsibull-docs antsibull-docs lint-collection-docs --plugin-docs .
check reuse reuse lint --lines

if [ -n "$failed" ]; then
    echo "lint failed:$failed"
    exit 1
fi
echo "lint: all passed"
