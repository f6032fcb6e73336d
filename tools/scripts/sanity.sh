#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs ansible-test sanity, without ignored findings, for every Python that the ansible-core supports and the machine has.
#
#   sanity.sh                                  on the newest ansible-core, 2.21
#   sanity.sh 2.16 2.18                        on these; all: on every supported one
#   sanity.sh 2.16 -- --test pep8 [FILE]       on this one, with arguments for ansible-test

set -u
cd "$(dirname "$0")/../.." || exit 1
. tools/scripts/cores.sh

sanity() {  # sanity CORE ARGUMENTS
    core=$1
    shift
    python=$(tools/scripts/find_python.sh 3.12 3.13 3.14) || return 1
    lint=$PWD/.cache/venv-lint
    "$python" tools/scripts/environment.py "$lint" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt || return 1

    # ansible-test takes any file called pythonX.Y for that interpreter: offer real ones, wherever they are.
    tools=$PWD/.cache/ansible-test/bin
    rm -rf "$tools"
    mkdir -p "$tools"
    for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
        if real=$(tools/scripts/find_python.sh $version 2>/dev/null); then
            printf '#!/bin/sh\nexec "%s" "$@"\n' "$real" > "$tools/python$version"
            chmod +x "$tools/python$version"
        else
            echo "sanity: there is no Python $version here: what ansible-test $core tests with it is left out" >&2
            if [ "$version" = 3.9 ] && [ -n "${CI:-}" ]; then
                echo 'sanity: README.md promises that the plugins run on Python 3.9, so the gates need it' >&2
                return 1
            fi
        fi
    done
    # Without this binary the shell scripts would be skipped with no more than a warning.
    ln -s "$lint/bin/shellcheck" "$tools/shellcheck"

    # ansible-test bootstraps pip in its environments with a script from a host of its own project. This one does the same with the wheel of the
    # same version, which comes from the package index that pip is configured for.
    cache=$PWD/.cache/ansible-test/home/.ansible/test/cache
    mkdir -p "$cache"
    pip_version=$("$PWD/.cache/core-$core/bin/python" tools/scripts/ansible_test_pip.py "$cache") || return 1
    echo "sanity: ansible-test $core bootstraps its environments with pip $pip_version"

    enter_ansible_test "$core" || return 1
    PATH=$tools:$PATH
    ansible-test sanity --venv --color no "$@"
}

for_given_cores sanity 2.21 "$@"
