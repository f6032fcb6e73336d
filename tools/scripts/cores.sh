#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What matrix.sh, sanity.sh, and integration.sh share. They source it, in the folder of the repository.

all_cores='2.16 2.17 2.18 2.19 2.20 2.21'

# pythons_of CORE: the versions of Python of which the first one that the machine has is used to test this ansible-core.
pythons_of() {
    case $1 in
        2.16 | 2.17) echo 3.10 ;;
        2.18 | 2.19) echo 3.11 ;;
        *) echo 3.12 3.13 3.14 ;;
    esac
}

# make_core CORE: make the environment of this ansible-core, .cache/core-CORE, if it is not there yet.
make_core() {
    if [ ! -f "tools/requirements/core-$1.txt" ]; then
        echo "There are no tests with ansible-core '$1', only with: $all_cores (all: with every one of them)" >&2
        return 1
    fi
    # shellcheck disable=SC2046 # one argument for each version
    make_core_python=$(tools/scripts/find_python.sh $(pythons_of "$1")) &&
        "$make_core_python" tools/scripts/environment.py "$PWD/.cache/core-$1" --constraints tools/requirements/constraints.txt \
            "tools/requirements/core-$1.txt" tools/requirements/collection-tests.txt
}

# for_given_cores FUNCTION DEFAULT [CORE...] [-- ARGUMENT...]: call a function with each of these versions (all: every one; none: those of DEFAULT)
# and the arguments, also after it has failed with one.
for_given_cores() {
    given_function=$1
    given_default=$2
    shift 2
    given_cores=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        given_cores="$given_cores $1"
        shift
    done
    [ $# -eq 0 ] || shift
    case " ${given_cores:=$given_default} " in
        *' all '*) given_cores=$all_cores ;;
    esac
    given_name=$(basename "$0" .sh)
    given_failed=
    for given_core in $given_cores; do
        given_start=$(date +%s)
        given_outcome=passed
        if ! make_core "$given_core" || ! ("$given_function" "$given_core" "$@"); then
            given_outcome=FAILED
            given_failed="$given_failed $given_core"
        fi
        echo "$given_name: ansible-core $given_core $given_outcome after $(($(date +%s) - given_start)) s"
    done
    if [ -n "$given_failed" ]; then
        echo "$given_name failed:$given_failed"
        return 1
    fi
    echo "$given_name: all passed"
}

# enter_ansible_test CORE: go to a copy of the collection at a path that ansible-test accepts, with this ansible-core first in PATH.
enter_ansible_test() {
    enter_copy=$("$PWD/.cache/core-$1/bin/python" tools/scripts/export.py) || return 1

    # Its environments and caches stay out of the user's home; settings of pip that are there still count.
    enter_home=$PWD/.cache/ansible-test/home
    rm -rf "$enter_home/.config" "$enter_home/.pip"
    mkdir -p "$enter_home/.config"
    for enter_name in .config/pip .pip; do
        [ -e "${HOME:-/nonexistent}/$enter_name" ] && ln -s "$HOME/$enter_name" "$enter_home/$enter_name"
    done

    unset PYTHONPATH VIRTUAL_ENV
    # A version manager's shims exist for versions that are not active, and then only fail.
    PATH=$PWD/.cache/core-$1/bin:$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/shims$' | paste -sd: -)
    HOME=$enter_home
    ANSIBLE_HOME=$enter_home/.ansible
    export PATH HOME ANSIBLE_HOME
    cd "$enter_copy" || return 1
}
