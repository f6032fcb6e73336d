#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs every check, says of each whether it passed and how long it took, and fails when one of them did not pass.
#
#   lint.sh                    runs all checks
#   lint.sh --only NAME...     runs these
#   lint.sh --list             prints the names of all checks
#   lint.sh --fix              formats the Python code and corrects what ruff can, in place, instead

set -u
cd "$(dirname "$0")/../.." || exit 1

names="ruff-check ruff-format mypy shellcheck yamllint check-jsonschema codespell ansible-lint antsibull-changelog changelog.yaml antsibull-docs reuse \
action-groups archive galaxy-importer"

case ${1:-} in
    '') chosen=$names ;;
    --fix) chosen= ;;
    --list) echo "$names" | tr ' ' '\n'; exit ;;
    --only)
        shift
        chosen=$*
        for name in $chosen; do
            case " $names " in
                *" $name "*) ;;
                *) echo "lint: there is no check $name. There are: $names" >&2; exit 2 ;;
            esac
        done
        [ -n "$chosen" ] || { echo "lint: --only needs the names of checks: $names" >&2; exit 2; }
        ;;
    *) echo "lint: unknown argument $1" >&2; exit 2 ;;
esac

tools=$PWD/tools
cache=$PWD/.cache
environment=$cache/venv-lint
python=$(tools/scripts/find_python.sh 3.12 3.13 3.14) || exit 1
"$python" tools/scripts/environment.py "$environment" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt || exit 1

if [ "${1:-}" = --fix ]; then
    "$environment/bin/ruff" check --quiet --fix --exit-zero .
    exec "$environment/bin/ruff" format .
fi

copy=$("$python" tools/scripts/export.py) || exit 1
# In a hook of git, variables lead every git to the repository that is committed to; the checks ask git about the copy.
# shellcheck disable=SC2046
unset PYTHONPATH VIRTUAL_ENV $(git rev-parse --local-env-vars)
PATH=$environment/bin:$PATH
ANSIBLE_COLLECTIONS_PATH=$cache/export
ANSIBLE_HOME=$cache/ansible-home
ANSIBLE_CONFIG=$cache/no-ansible.cfg
NO_COLOR=1
export PATH ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME ANSIBLE_CONFIG NO_COLOR
: > "$ANSIBLE_CONFIG"
cd "$copy" || exit 1

# mypy finds the collection by its whole name, from the folder above ansible_collections.
types() (
    cd ../../.. || exit 1
    MYPYPATH=$PWD mypy --config-file "$copy/pyproject.toml" --cache-dir "$cache/mypy" --no-error-summary -p ansible_collections.vpsorg.cloud.plugins
)

# The schemas come with the program.
github_files() {
    # shellcheck disable=SC2046 # one argument for each file
    check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml &&
        check-jsonschema --quiet --builtin-schema vendor.github-issue-forms \
            $(find .github/ISSUE_TEMPLATE -name '*.y*ml' ! -name config.yml) &&
        check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml &&
        check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
}

run() {  # run NAME
    case $1 in
        ruff-check) ruff check --quiet --output-format concise --no-cache . ;;
        ruff-format) ruff format --check --quiet --no-cache . ;;
        mypy) types ;;
        shellcheck) shellcheck .ci/run tools/scripts/*.sh tests/integration/targets/*/*.sh ;;
        yamllint) yamllint --strict . ;;
        codespell) codespell . ;;
        check-jsonschema) github_files ;;
        ansible-lint) ansible-lint -q --offline --profile production ;;
        antsibull-changelog) antsibull-changelog lint ;;
        changelog.yaml) antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml ;;
        antsibull-docs)
            antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs all \
                --disallow-unknown-collection-refs .
            ;;
        reuse) reuse lint --lines ;;
        action-groups | archive) "$environment/bin/python" "$tools/gates" "$1" . ;;
    esac
}

failed=
check() {  # check NAME SECOND-OF-ITS-START COMMAND...
    name=$1 start=$2
    shift 2
    if "$@"; then word=passed; else word=FAILED failed="$failed $name"; fi
    echo "lint: $name $word ($(($(date +%s) - start)) s)"
}

# The longest check runs beside the others, which take about as long together.
finish_importer() {
    wait "$importer"
    code=$?
    importer=
    cat "$cache/galaxy-importer.log"
    return $code
}

importer='' importer_start=$(date +%s)
trap '[ -z "$importer" ] || kill "$importer"' EXIT
trap 'exit 130' INT HUP
trap 'exit 143' TERM
case " $chosen " in
    *" galaxy-importer "*)
        # The program itself and no function, so that what the trap ends is not a shell around it.
        "$environment/bin/python" "$tools/gates" galaxy-importer . > "$cache/galaxy-importer.log" 2>&1 &
        importer=$!
        ;;
esac
for name in $chosen; do
    [ "$name" = galaxy-importer ] || check "$name" "$(date +%s)" run "$name"
done
[ -z "$importer" ] || check galaxy-importer "$importer_start" finish_importer

if [ -n "$failed" ]; then
    echo "lint failed:$failed"
    exit 1
fi
echo "lint: all passed"
