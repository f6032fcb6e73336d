#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs ansible-test sanity of the newest ansible-core, without ignored findings, for every supported Python that the machine has.
#
#   sanity.sh                      all tests
#   sanity.sh --test pep8 [FILE]   arguments go to ansible-test

set -u
cd "$(dirname "$0")/../.." || exit 1

python=$(tools/scripts/find_python.sh 3.12 3.13 3.14) || exit 1
core=$PWD/.cache/core-2.21
"$python" tools/scripts/environment.py "$core" --constraints tools/requirements/constraints.txt \
    tools/requirements/core-2.21.txt tools/requirements/collection-tests.txt || exit 1
# Without this binary the shell scripts would be skipped with no more than a warning.
lint=$PWD/.cache/venv-lint
"$python" tools/scripts/environment.py "$lint" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt || exit 1
copy=$("$python" tools/scripts/export.py) || exit 1

# ansible-test takes any file called pythonX.Y for that interpreter, also a version manager's shim that only fails: offer real ones only.
tools=$PWD/.cache/ansible-test/bin
rm -rf "$tools"
mkdir -p "$tools"
for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
    if real=$(tools/scripts/find_python.sh $version 2>/dev/null); then
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$real" > "$tools/python$version"
        chmod +x "$tools/python$version"
    fi
done
ln -s "$lint/bin/shellcheck" "$tools/shellcheck"

# Its environments and caches stay out of the user's home; settings of pip that are there still count.
home=$PWD/.cache/ansible-test/home
cache=$home/.ansible/test/cache
mkdir -p "$cache"
for name in .config .pip; do
    [ -e "$HOME/$name" ] && ln -sfn "$HOME/$name" "$home/$name"
done

# ansible-test bootstraps pip in its environments with a script from a host of its own project. This one does the same with the wheel of the
# same version, which comes from the package index that pip is configured for.
pip_version=$("$core/bin/python" tools/scripts/ansible_test_pip.py "$cache") || exit 1
echo "sanity: ansible-test bootstraps its environments with pip $pip_version"

unset PYTHONPATH VIRTUAL_ENV
PATH=$tools:$core/bin:$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/shims$' | paste -sd: -)
HOME=$home
ANSIBLE_HOME=$home/.ansible
export PATH HOME ANSIBLE_HOME
cd "$copy" || exit 1
ansible-test sanity --venv --color no "$@"
