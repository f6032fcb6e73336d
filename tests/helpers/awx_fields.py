# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be sent to a controller: the writable fields of each kind of object, read in AWX's serializers (24.6).

AWX ignores fields that it does not know. The stand-in of the tests refuses them, so that a misspelt field is found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

# Kinds that the field unified_job_template can refer to, and what AWX calls them there.
UNIFIED = {
    "projects": "project",
    "inventory_sources": "inventory_update",
    "job_templates": "job",
    "workflow_job_templates": "workflow_job",
    "workflow_approval_templates": "workflow_approval",
}


@dataclasses.dataclass(frozen=True)
class Field:
    """`type`: str, int, bool, dict, or the kinds of which it holds an ID. `choices`: None: anything."""

    type: type | tuple[str, ...]
    default: Any
    choices: tuple[Any, ...] | None = None


@dataclasses.dataclass(frozen=True)
class Kind:
    """Fields that can be sent, those that must be when an object is created, those that can't be changed later, and
    those that must not be the same in two objects.
    """

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ("name",)
    fixed: tuple[str, ...] = ()
    unique: tuple[str, ...] = ("name", "organization")


def text(*choices: str, default: str = "") -> Field:
    return Field(str, default, choices or None)


def number(default: int | None = 0, *choices: int) -> Field:
    return Field(int, default, choices or None)


def flag(default: bool | None = False) -> Field:
    return Field(bool, default)


def one_of(*kinds: str) -> Field:
    return Field(kinds, None)


def data() -> Field:
    return Field(dict, {})


def texts(names: str) -> dict[str, Field]:
    return {name: text() for name in names.split()}


def flags(names: str) -> dict[str, Field]:
    return {name: flag() for name in names.split()}


NAMED = texts("name description")
JOB_TYPE = text("run", "check", default="run")
# What a node or a schedule can say about the job that it starts, if the template asks for it.
PROMPTS = {
    "extra_data": data(),
    "inventory": one_of("inventories"),
    "scm_branch": Field(str, None),
    "job_type": Field(str, None, ("run", "check", "")),
    "job_tags": Field(str, None),
    "skip_tags": Field(str, None),
    "limit": Field(str, None),
    "diff_mode": flag(None),
    "verbosity": number(None, 0, 1, 2, 3, 4, 5),
    "execution_environment": one_of("execution_environments"),
    "forks": number(None),
    "job_slice_count": number(None),
    "timeout": number(None),
}

KINDS = {
    "organizations": Kind(
        {**NAMED, "max_hosts": number(), "default_environment": one_of("execution_environments")}, unique=("name",)
    ),
    "credential_types": Kind(
        {**NAMED, "kind": text("cloud", "net"), "inputs": data(), "injectors": data()},
        required=("name", "kind"),
        unique=("name", "kind"),
    ),
    "credentials": Kind(
        {
            **NAMED,
            "organization": one_of("organizations"),
            "credential_type": one_of("credential_types"),
            "inputs": data(),
        },
        # A user or a team could own it instead of an organization; the playbook uses neither.
        required=("name", "credential_type", "organization"),
        unique=("organization", "name", "credential_type"),
    ),
    "execution_environments": Kind(
        {
            **NAMED,
            "organization": one_of("organizations"),
            "image": text(),
            "credential": one_of("credentials"),
            "pull": text("", "always", "missing", "never"),
        },
        required=("name", "image"),
        fixed=("organization",),
        unique=("name",),
    ),
    "projects": Kind(
        {
            **NAMED,
            **texts("local_path scm_url scm_branch scm_refspec"),
            **flags("scm_clean scm_track_submodules scm_delete_on_update scm_update_on_launch allow_override"),
            "scm_type": text("", "git", "svn", "insights", "archive"),
            "credential": one_of("credentials"),
            "timeout": number(),
            "organization": one_of("organizations"),
            "scm_update_cache_timeout": number(),
            "default_environment": one_of("execution_environments"),
            "signature_validation_credential": one_of("credentials"),
        }
    ),
    "inventories": Kind(
        {
            **NAMED,
            "organization": one_of("organizations"),
            "kind": text("", "smart", "constructed"),
            **texts("host_filter variables"),
            "prevent_instance_group_fallback": flag(),
        },
        required=("name", "organization"),
    ),
    "inventory_sources": Kind(
        {
            **NAMED,
            "inventory": one_of("inventories"),
            "source": text("scm", "ec2", "controller"),
            **texts("source_path source_vars scm_branch enabled_var enabled_value host_filter limit"),
            **flags("overwrite overwrite_vars update_on_launch"),
            "credential": one_of("credentials"),
            "timeout": number(),
            "verbosity": number(1, 0, 1, 2),
            "update_cache_timeout": number(),
            "source_project": one_of("projects"),
            "execution_environment": one_of("execution_environments"),
        },
        required=("name", "inventory", "source"),
        fixed=("inventory",),
        unique=("name", "inventory"),
    ),
    # Its organization is that of its project, and can't be sent.
    "job_templates": Kind(
        {
            **NAMED,
            "job_type": JOB_TYPE,
            "inventory": one_of("inventories"),
            "project": one_of("projects"),
            **texts("playbook scm_branch limit extra_vars job_tags skip_tags start_at_task host_config_key"),
            "forks": number(),
            "verbosity": number(0, 0, 1, 2, 3, 4, 5),
            "timeout": number(),
            "job_slice_count": number(1),
            "execution_environment": one_of("execution_environments"),
            **flags(
                "force_handlers use_fact_cache survey_enabled become_enabled diff_mode allow_simultaneous "
                "prevent_instance_group_fallback ask_scm_branch_on_launch ask_diff_mode_on_launch "
                "ask_variables_on_launch "
                "ask_limit_on_launch ask_tags_on_launch ask_skip_tags_on_launch ask_job_type_on_launch "
                "ask_verbosity_on_launch ask_inventory_on_launch ask_credential_on_launch "
                "ask_execution_environment_on_launch ask_labels_on_launch ask_forks_on_launch "
                "ask_job_slice_count_on_launch ask_timeout_on_launch ask_instance_groups_on_launch"
            ),
        },
        required=("name", "project", "playbook"),
    ),
    "workflow_job_templates": Kind(
        {
            **NAMED,
            "organization": one_of("organizations"),
            "inventory": one_of("inventories"),
            **texts("extra_vars limit scm_branch skip_tags job_tags"),
            **flags(
                "survey_enabled allow_simultaneous ask_variables_on_launch ask_inventory_on_launch "
                "ask_scm_branch_on_launch ask_limit_on_launch ask_labels_on_launch ask_skip_tags_on_launch "
                "ask_tags_on_launch"
            ),
        }
    ),
    "workflow_job_template_nodes": Kind(
        {
            **PROMPTS,
            "workflow_job_template": one_of("workflow_job_templates"),
            "unified_job_template": one_of(*UNIFIED),
            "all_parents_must_converge": flag(),
            "identifier": text(),
        },
        required=("workflow_job_template", "identifier"),
        fixed=("workflow_job_template",),
        unique=("identifier", "workflow_job_template"),
    ),
    # Made by a node only.
    "workflow_approval_templates": Kind({**NAMED, "timeout": number()}, unique=()),
    "schedules": Kind(
        {**NAMED, **PROMPTS, "unified_job_template": one_of(*UNIFIED), "enabled": flag(True), "rrule": text()},
        required=("name", "unified_job_template", "rrule"),
        unique=("unified_job_template", "name"),
    ),
}
