# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be registered in a controller fits together, and fits the files beside it."""

from __future__ import annotations

import re

import pytest

from helpers.awx_controller import Refused, Store
from helpers.awx_fields import KINDS
from helpers.awx_register import AWX, VARIABLES

TEMPLATES = {template["name"]: template for template in VARIABLES["awx_job_templates"]}
NODES = {node["identifier"]: node for node in VARIABLES["awx_workflow_nodes"]}


@pytest.mark.parametrize("name", TEMPLATES)
def test_job_template(name: str) -> None:
    template = TEMPLATES[name]
    assert set(template) - {"survey"} <= set(KINDS["job_templates"].fields)
    assert (AWX / "project" / template["playbook"]).is_file()


def test_every_survey_is_used() -> None:
    files = {path.stem for path in (AWX / "project" / "surveys").glob("*.json")}
    used = {template["survey"] for template in TEMPLATES.values() if "survey" in template}
    assert used | {VARIABLES["awx_workflow_survey"]} == files


def test_inventory_source() -> None:
    assert (AWX / "project" / "inventory" / "vps.yml").is_file()


def test_workflow_fits_together() -> None:
    """No edge, and no approval, leads nowhere."""
    for node in NODES.values():
        template = TEMPLATES.get(node.get("template"), {})
        assert template or "approval" in node or node["inventory_source"]
    for edge in VARIABLES["awx_workflow_edges"]:
        assert {edge["from"], edge["to"]} <= set(NODES)
        assert edge["when"] in ("success", "failure", "always")
    assert all(re.fullmatch(r"[a-z_]+", name) for name in NODES), "an edge is written as a text with spaces"


def test_only_an_approval_leads_to_what_changes_servers() -> None:
    changing = {name for name, node in NODES.items() if node.get("template") == "VPS fleet"}
    assert {(edge["from"], edge["when"]) for edge in VARIABLES["awx_workflow_edges"] if edge["to"] in changing} == {
        ("approve", "success")
    }
    plan = TEMPLATES[NODES["plan"]["template"]]
    assert plan["job_type"] == "check" and not plan.get("ask_job_type_on_launch")


def test_schedule_only_reads() -> None:
    assert VARIABLES["awx_schedule_template"] == "VPS report"
    assert "VPS report" in TEMPLATES


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("projects", {"name": "x", "scm_ulr": "https://git.example.com"}),
        ("projects", {"name": "x", "scm_type": "cvs"}),
        ("projects", {"name": "x", "timeout": "10"}),
        ("projects", {}),
        ("inventories", {"name": "x", "organization": 99}),
        ("inventories", {"name": "x", "organization": "1"}),
        ("organizations", {"name": "Default"}),
        ("inventory_sources", {"name": "x", "inventory": 2, "source": "scm"}),
        ("job_templates", {"name": "x", "project": 3, "playbook": "playbooks/none.yml", "inventory": 2}),
        ("schedules", {"name": "x", "unified_job_template": 3, "rrule": "DTSTART:20260101T030000 RRULE:INTERVAL=1"}),
        ("schedules", {"name": "x", "unified_job_template": 3, "rrule": "DTSTART:20260101T030000Z RRULE:FREQ=DAILY"}),
        ("schedules", {"name": "x", "unified_job_template": 3, "rrule": VARIABLES["awx_schedule_rule"], "limit": "a"}),
    ],
    ids=str,
)
def test_stand_in_refuses_what_a_controller_would(kind: str, sent: dict[str, object]) -> None:
    """Among them a misspelt field, which a controller would ignore."""
    store = Store()
    store.add("inventories", {"name": "VPS.org", "organization": 1})
    store.add("projects", {"name": "VPS.org", "organization": 1})
    with pytest.raises(Refused):
        store.add(kind, sent)
