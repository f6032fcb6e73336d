#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the path of a Python interpreter that really runs and can make virtual environments.
#
#   find_python.sh                the default: $PYTHON if set, else the first of 3.13, 3.12, 3.11, python3 that is at least 3.11
#   find_python.sh 3.12 [3.13 …]  the first of exactly these versions
#
# Being in PATH proves little: a version manager's shim may exist for a version that is not active and then only fails.

set -u

probe() {  # probe CANDIDATE PYTHON-EXPRESSION-ON-VERSION
    "$1" -c "
import ensurepip, sys, venv
version = sys.version_info[:2]
sys.exit(0 if ($2) else 1)
" >/dev/null 2>&1 && "$1" -c 'import sys; print(sys.executable)'
}

# Where version managers keep the real interpreters.
managed() {  # managed MAJOR.MINOR
    root=${PYENV_ROOT:-$(pyenv root 2>/dev/null)} || root=
    [ -n "$root" ] || return 0
    for real in "$root/versions/$1".*/bin/python3 "$root/versions/$1"/bin/python3; do
        [ -x "$real" ] && printf '%s\n' "$real"
    done
}

if [ $# -eq 0 ]; then
    if [ -n "${PYTHON:-}" ]; then
        probe "$PYTHON" 'version >= (3, 11)' && exit 0
        echo "PYTHON=$PYTHON does not do: Python 3.11 or newer with its venv module is needed." >&2
        exit 1
    fi
    for candidate in python3.13 python3.12 python3.11 python3; do
        probe "$candidate" 'version >= (3, 11)' && exit 0
    done
    echo "No usable Python found: version 3.11 or newer with its venv module is needed (on Debian: python3 and python3-venv)." \
        "Name one with: make PYTHON=/path/to/python3" >&2
    exit 1
fi

for version in "$@"; do
    expression="'%d.%d' % version == '$version'"
    for candidate in "python$version" $(managed "$version") python3; do
        probe "$candidate" "$expression" && exit 0
    done
done
echo "No usable Python $(echo "$*" | sed 's/ / or /g') found, neither in PATH nor among pyenv's versions." >&2
exit 1
