#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Builds the HTML documentation of the collection: a page for each module, plugin and role, and the guides. A warning is an error, such as a
# reference to what does not exist. Needs no network.

set -eu
cd "$(dirname "$0")/../.."

environment=$PWD/.cache/venv-lint
python=$(tools/scripts/find_python.sh 3.12 3.13 3.14)
"$python" tools/scripts/environment.py "$environment" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt
copy=$("$python" tools/scripts/export.py)

unset PYTHONPATH VIRTUAL_ENV
PATH=$environment/bin:$PATH
ANSIBLE_COLLECTIONS_PATH=$PWD/.cache/export
ANSIBLE_HOME=$PWD/.cache/ansible-home
ANSIBLE_CONFIG=$PWD/.cache/no-ansible.cfg
NO_COLOR=1
export PATH ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME ANSIBLE_CONFIG NO_COLOR
: > "$ANSIBLE_CONFIG"
docs=$PWD/.cache/docs
pages=$docs/rst
rm -rf "$docs"
mkdir -p "$pages"
# antsibull-docs refuses folders that others may write to.
chmod go-w "$docs" "$pages"

antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$pages" vpsorg.cloud

# The index that antsibull-docs has written becomes parts of the start page.
listed() {  # listed KINDS: the lines of all plugins of these kinds
    grep -E "^\* :ansplugin:.*#($1)>" "$docs/index.rst" || { echo "docs: antsibull-docs lists no $1" >&2; return 1; }
}
mv "$pages/index.rst" "$docs/index.rst"
listed module > "$pages/modules.txt"
listed inventory > "$pages/inventory_plugins.txt"
listed role > "$pages/roles.txt"
listed 'filter|lookup|test' > "$pages/template_plugins.txt"
cp tools/docs/index.rst "$pages"
# antsibull-docs copies pages only.
cp -R "$copy/docs/docsite/rst/images" "$pages/docsite"

sphinx-build --quiet --fail-on-warning --keep-going --conf-dir tools/docs --doctree-dir "$docs/doctrees" -b html "$pages" "$docs/build/html"
echo "docs: $docs/build/html/index.html"
