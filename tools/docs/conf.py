# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration for the pages that tools/scripts/docs.sh lays out: antsibull-docs writes those of modules,
plugins and roles, the guides are in docs/docsite/rst, index.rst is beside this file.
"""

import re

from docutils import nodes

project = "vpsorg.cloud"
author = "VPS.org collection contributors"
copyright = "2026, VPS.org collection contributors"
html_title = "vpsorg.cloud"

extensions = ["sphinx_antsibull_ext"]
default_role = "any"
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "collapse_navigation": False,
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
    "documentation_home_url": "index.html",
    "topbar_links": {
        "Source": "https://github.com/vpsorg/vpsorg.cloud",
        "Issues": "https://github.com/vpsorg/vpsorg.cloud/issues",
        "Ansible documentation": "https://docs.ansible.com/",
    },
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_use_index = False
html_copy_source = False
html_show_sphinx = False

ANSIBLE = "https://docs.ansible.com/ansible/latest/"
EDIT_GUIDE = "https://github.com/vpsorg/vpsorg.cloud/edit/main/docs/docsite/rst/"
# Labels of Ansible's own documentation. Sphinx would look them up over the network; none is needed to build.
LABELS_OF_ANSIBLE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
PLUGIN_OF_ANSIBLE = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+_[a-z]+)")


def link_to_ansible(app, env, node, contnode):
    """A link to Ansible's own documentation, for what these pages don't define; None for anything else."""
    target = node["reftarget"]
    page = LABELS_OF_ANSIBLE.get(target)
    if plugin := PLUGIN_OF_ANSIBLE.fullmatch(target):
        page = f"collections/ansible/builtin/{plugin[1]}.html"
    elif node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"reference_appendices/config.html#envvar-{target}"
    return page and nodes.reference("", "", contnode, internal=False, refuri=ANSIBLE + page)


def lead_to_sources(app, pagename, templatename, context, doctree):
    """Lead from every guide to its source. antsibull-docs does so from modules, plugins and roles, with a draft of a
    description in the URL, in which Sphinx has replaced dashes.
    """
    meta = dict(context.get("meta") or {})
    if pagename.startswith("docsite/"):
        meta["github_url"] = f"{EDIT_GUIDE}{pagename.removeprefix('docsite/')}.rst"
    elif "github_url" in meta:
        meta["github_url"] = meta["github_url"].partition("?")[0]
    context["meta"] = meta


def setup(app):
    """Called by Sphinx."""
    app.connect("missing-reference", link_to_ansible)
    app.connect("html-page-context", lead_to_sources)
