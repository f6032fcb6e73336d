#!/bin/sh
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Builds the HTML documentation of the collection.

set -eu
cd "$(dirname "$0")/../.."

environment=$PWD/.cache/venv-lint
python=$(tools/scripts/find_python.sh 3.12 3.13 3.14)
"$python" tools/scripts/environment.py "$environment" --constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt
"$python" tools/scripts/export.py >/dev/null

unset PYTHONPATH VIRTUAL_ENV
PATH=$environment/bin:$PATH
ANSIBLE_COLLECTIONS_PATH=$PWD/.cache/export
export PATH ANSIBLE_COLLECTIONS_PATH
docs=$PWD/.cache/docs
rm -rf "$docs"
mkdir -p "$docs"
chmod go-w "$docs"
antsibull-docs sphinx-init --use-current --squash-hierarchy --lenient --fail-on-error --dest-dir "$docs" vpsorg.cloud >/dev/null
cd "$docs"
# References to other projects' documentation would need the network.
printf '\nintersphinx_mapping = {}\n' >> conf.py
bash build.sh > build.log 2>&1 || { cat build.log; exit 1; }
grep WARNING build.log || true
echo "docs: $docs/build/html/index.html"
