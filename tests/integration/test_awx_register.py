# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that registers everything in a controller does it once, completes what was interrupted, and puts back
what was changed. For check mode, see test_awx_guide.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from helpers.awx_controller import ENCRYPTED, Controller, Refused
from helpers.awx_register import AWX, IMAGE, PLAYBOOKS, REPOSITORY_URL, VARIABLES, VPS_TOKEN, Registration

# Those that the workflow runs: a registration of all five takes longer and shows nothing more.
TEMPLATES = [
    template
    for template in VARIABLES["awx_job_templates"]
    if template["name"] in ("VPS fleet", "VPS plan", "VPS report", "VPS changes")
]
EDGES = {
    "plan success changes",
    "changes success approve",
    "changes failure report",
    "approve success apply",
    "apply success refresh",
}


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """The run before: the repository lacked a playbook. `created`: the IDs of what it had registered by then, by kind;
    `told`, `writes`: what the run said and sent that completed it.
    """

    message: str
    created: dict[str, set[int]]
    told: list[str]
    writes: list[tuple[str, str, Any]]


@pytest.fixture(scope="module")
def interrupted_registration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registration, Interrupted]]:
    with Controller() as controller:
        store = controller.store
        registration = Registration(tmp_path_factory.mktemp("register"), controller)
        store.repositories[REPOSITORY_URL] = PLAYBOOKS[1:]
        message = registration.failure("-vvv", awx_job_templates=TEMPLATES)
        created = {kind: set(objects) for kind, objects in store.objects.items()}
        store.repositories[REPOSITORY_URL] = PLAYBOOKS
        registration.run(awx_job_templates=TEMPLATES)
        yield registration, Interrupted(message, created, registration.told, controller.writes())


@pytest.fixture
def registration(interrupted_registration: tuple[Registration, Interrupted]) -> Registration:
    """Everything is registered."""
    return interrupted_registration[0]


def survey(name: str) -> Any:
    return json.loads((AWX / "project" / "surveys" / f"{name}.json").read_text(encoding="utf-8"))


def edges(controller: Controller) -> set[str]:
    nodes = controller.store.objects["workflow_job_template_nodes"]
    return {
        f"{node['identifier']} {when} {nodes[other]['identifier']}"
        for node in nodes.values()
        for when in ("success", "failure", "always")
        for other in node[f"{when}_nodes"]
    }


def test_interrupted_run_is_completed(interrupted_registration: tuple[Registration, Interrupted]) -> None:
    """Everything is there, and nothing twice."""
    registration, interrupted = interrupted_registration
    assert "lacks playbooks/fleet.yml" in interrupted.message
    assert "awx_project_branch" in interrupted.message
    assert interrupted.created["projects"] and not interrupted.created["job_templates"]
    assert interrupted.told[0] == "The project VPS.org was updated. It lacked playbooks/fleet.yml."
    objects = registration.controller.store.objects
    assert all(ids <= set(objects[kind]) for kind, ids in interrupted.created.items())
    for kind in ("credential_types", "credentials", "execution_environments", "projects", "inventories"):
        assert len([value for value in objects[kind].values() if value["name"] == "VPS.org"]) == 1, kind


def test_nodes_run_nothing_before_they_are_connected(
    interrupted_registration: tuple[Registration, Interrupted],
) -> None:
    """A workflow whose registration was interrupted must not apply anything without an approval."""
    writes = [(path, body) for _method, path, body in interrupted_registration[1].writes if "template_nodes/" in path]
    edges = [number for number, (path, _body) in enumerate(writes) if re.search(r"/(success|failure)_nodes/$", path)]
    runs = [number for number, (_path, body) in enumerate(writes) if "unified_job_template" in body]
    assert len(edges) == len(runs) == 5 and max(edges) < min(runs)


def test_what_is_registered(registration: Registration) -> None:
    store = registration.controller.store
    definition = yaml.safe_load((AWX / "credential_type.yml").read_text(encoding="utf-8"))
    kind = store.one("credential_types", "VPS.org")
    assert (kind["inputs"], kind["injectors"]) == (definition["inputs"], definition["injectors"])
    credential = store.one("credentials", "VPS.org")
    assert store.secrets[credential["id"]]["api_token"] == VPS_TOKEN
    environment = store.one("execution_environments", "VPS.org")
    assert environment["image"] == IMAGE
    source = store.one("inventory_sources", "VPS.org servers")
    assert source["credential"] == credential["id"]
    assert source["source_path"] == "inventory/vps.yml"
    fleet = store.one("job_templates", "VPS fleet")
    assert (fleet["playbook"], fleet["ask_job_type_on_launch"]) == ("playbooks/fleet.yml", True)
    assert store.surveys[fleet["id"]] == survey("fleet")
    for template in store.objects["job_templates"].values():
        assert template["execution_environment"] == environment["id"]
        assert template["allow_simultaneous"] is False
        assert store.attached[template["id"]] == [credential["id"]]
    workflow = store.one("workflow_job_templates", "VPS plan, approve, apply")
    assert store.surveys[workflow["id"]] == survey("fleet")
    assert edges(registration.controller) == EDGES
    plan = store.one("job_templates", "VPS plan")
    assert (plan["playbook"], plan["job_type"], plan["ask_job_type_on_launch"]) == (fleet["playbook"], "check", False)
    nodes = {name: store.one("workflow_job_template_nodes", name) for name in ("plan", "approve", "apply", "refresh")}
    assert nodes["plan"]["unified_job_template"] == plan["id"]
    assert nodes["apply"]["unified_job_template"] == fleet["id"]
    assert nodes["refresh"]["unified_job_template"] == source["id"]
    approval = store.one("workflow_approval_templates", "Apply the plan?")
    assert nodes["approve"]["unified_job_template"] == approval["id"]
    schedule = store.one("schedules", "VPS report, every night")
    assert schedule["unified_job_template"] == store.one("job_templates", "VPS report")["id"]


def test_second_run_changes_nothing(registration: Registration) -> None:
    result = registration.run(awx_job_templates=TEMPLATES)
    assert registration.controller.writes() == []
    assert registration.told == []
    assert "changed=0" in result.stdout
    assert "was left as it is" in result.task("Say what could not be compared")["msg"]


def test_drift_is_put_back_and_nothing_else(registration: Registration) -> None:
    """Among the drift: an edge around the approval, and a plan that would be carried out. What was added beside is left
    alone, and the token is kept.

    By the variables with the newer names, as a user with a password, behind another path.
    """
    controller, store = registration.controller, registration.controller.store
    fleet = store.one("job_templates", "VPS fleet")
    store.one("projects", "VPS.org")["description"] = "ours"
    store.one("inventory_sources", "VPS.org servers")["overwrite"] = False
    fleet["allow_simultaneous"] = True
    store.surveys[fleet["id"]] = {"name": "", "description": "", "spec": [{"variable": "other"}]}
    other = dict(store.one("credentials", "VPS.org"), id=1001, name="Other")
    store.objects["credentials"][1001] = other
    store.attached[fleet["id"]] = [1001]
    store.one("workflow_approval_templates", "Apply the plan?")["timeout"] = 0
    plan, apply, report = (store.one("workflow_job_template_nodes", name) for name in ("plan", "apply", "report"))
    plan["success_nodes"].append(apply["id"])
    store.one("job_templates", "VPS plan")["job_type"] = "run"
    store.objects["workflow_job_template_nodes"][1002] = {
        **report,
        "id": 1002,
        "identifier": "mine",
        "always_nodes": [report["id"]],
    }
    store.one("schedules", "VPS report, every night")["enabled"] = False
    foreign = {"name": "Mine", "project": store.one("projects", "VPS.org")["id"], "playbook": PLAYBOOKS[0]}
    mine = store.add("job_templates", {**foreign, "ask_inventory_on_launch": True})
    before = dict(mine)

    controller.prefix = "/api/controller/v2"
    registration.run(
        env={
            "CONTROLLER_HOST": None,
            "CONTROLLER_OAUTH_TOKEN": None,
            "VPS_API_TOKEN": None,
            "AAP_HOSTNAME": f"{controller.url}/",
            "AAP_USERNAME": controller.user,
            "AAP_PASSWORD": controller.password,
            "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": "/api/controller/",
        },
        awx_job_templates=TEMPLATES,
        awx_credential_inputs={"api_url": "https://api.example.com/v1"},
    )
    assert sorted(registration.told) == [
        "The credential VPS.org was changed: inputs",
        "The credential of the job template VPS fleet was set.",
        "The edge plan success apply was removed.",
        "The inventory source VPS.org servers was changed: overwrite",
        "The job template VPS fleet was changed: allow_simultaneous",
        "The job template VPS plan was changed: job_type",
        "The question of the workflow node approve was set.",
        "The schedule VPS report, every night was changed: enabled",
        "The survey of VPS fleet was set.",
    ]
    credential = store.one("credentials", "VPS.org")
    assert credential["inputs"] == {"api_token": ENCRYPTED, "api_url": "https://api.example.com/v1"}
    assert store.secrets[credential["id"]]["api_token"] == VPS_TOKEN
    patches = [body for method, _path, body in controller.calls if method == "PATCH"]
    assert {"overwrite": True} in patches
    assert store.surveys[fleet["id"]] == survey("fleet")
    assert store.attached[fleet["id"]] == [credential["id"]]
    assert edges(controller) == {*EDGES, "mine always report"}
    assert store.one("job_templates", "Mine") == before
    assert store.one("projects", "VPS.org")["description"] == "ours"
    assert all(call[0] != "DELETE" for call in controller.calls)


def test_token_is_replaced_on_demand(tmp_path: pathlib.Path) -> None:
    """And the change is reported. The run is ended behind it, to save time."""

    def interfere(method: str, path: str) -> None:
        if path.endswith("/execution_environments/"):
            raise Refused(403, {"detail": "Enough."})

    with Controller() as controller:
        definition = yaml.safe_load((AWX / "credential_type.yml").read_text(encoding="utf-8"))
        kind = controller.store.add("credential_types", definition)
        credential = controller.store.add(
            "credentials",
            {
                "name": "VPS.org",
                "organization": 1,
                "credential_type": kind["id"],
                "inputs": {"api_token": "vps_old", "ca_certificates": "ours"},
            },
        )
        controller.interfere = interfere
        registration = Registration(tmp_path, controller)
        assert "Enough." in registration.failure(awx_credential_replace_token="true")
        assert registration.told == ["The credential VPS.org was changed: inputs"]
        assert controller.store.secrets[credential["id"]] == {"api_token": VPS_TOKEN, "ca_certificates": "ours"}
