# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GitHub and dev containers run and show fits the repository; `make lint` checks the form of GitHub's files."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import yaml

from sandbox.isolation import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
CI = REPOSITORY / ".github" / "workflows" / "ci.yml"
FORMS = sorted(path for path in (REPOSITORY / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
DEV_CONTAINER = REPOSITORY / ".devcontainer" / "devcontainer.json"
EE = REPOSITORY / "extensions" / "awx" / "execution-environment.yml"
# Debian packages whose programs have other names.
PACKAGES = {"node": "nodejs"}
# Programs that the tests look for in PATH, but that no Debian package has to bring: a pinned environment has them.
OF_ENVIRONMENTS = {"ansible-lint"}
OWN_ACTIONS = ("actions/checkout@", "actions/setup-python@", "actions/upload-artifact@")
READ_ONLY = {"contents": "read"}


def name_of(path: pathlib.Path) -> str:
    return path.name


def load(path: pathlib.Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def targets_in(path: pathlib.Path) -> set[str]:
    """The targets of make that a file calls. Comments don't count."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    return set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(lines)))


@pytest.mark.parametrize("path", [*WORKFLOWS, DEV_CONTAINER], ids=name_of)
def test_targets_that_are_called_exist(path: pathlib.Path) -> None:
    there = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert targets_in(path) - there == set()


@pytest.fixture(scope="module")
def dev_container() -> dict[str, Any]:
    return json.loads(DEV_CONTAINER.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def image(dev_container) -> list[str]:
    """The instructions that the dev container's image is built by, without comments, each in one line."""
    text = (DEV_CONTAINER.parent / dev_container["build"]["dockerfile"]).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def test_dev_container_is_built_on_the_debian_of_the_execution_environment(image) -> None:
    (base,) = [line.split()[1] for line in image if line.startswith("FROM ")]
    assert f"{base}-slim" == load(EE)["images"]["base_image"]["name"]


def test_dev_container_has_what_the_tests_look_for(image) -> None:
    """They skip without it."""
    tests = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("*.py")]
    wanted = set(re.findall(r'\bshutil\.which\("([a-z-]+)"\)', "\n".join(tests))) - OF_ENVIRONMENTS
    assert wanted
    (installed,) = [
        line.partition("apt-get install")[2].partition("&&")[0].split() for line in image if "apt-get" in line
    ]
    assert {PACKAGES.get(program, program) for program in wanted} <= set(installed)


def test_dev_container_is_entered_as_a_user_that_it_has(dev_container, image) -> None:
    (command,) = [line for line in image if "useradd" in line]
    assert dev_container["remoteUser"] in command.partition("useradd")[2].partition("&&")[0].split()


def test_dev_container_uses_the_environment_that_it_makes(dev_container) -> None:
    assert targets_in(DEV_CONTAINER) == {"venv"}
    (folder,) = re.findall(r"^VENV := (.+)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    interpreter = dev_container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == f"${{containerWorkspaceFolder}}/{folder}/bin/python"


def test_workflow_checks_all_that_is_checked_before_a_merge() -> None:
    assert targets_in(REPOSITORY / ".ci" / "run") - targets_in(CI) == set()


def test_workflow_covers_every_supported_core() -> None:
    (cores,) = re.findall(r"^ +core: (\[.*\])$", CI.read_text(encoding="utf-8"), re.MULTILINE)
    pinned = {path.stem.removeprefix("core-") for path in (REPOSITORY / "tools" / "requirements").glob("core-*.txt")}
    assert set(json.loads(cores)) == pinned


def test_checks_run_for_every_change_and_every_week() -> None:
    assert {"pull_request", "push", "schedule", "workflow_call"} <= set(load(CI)["on"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_may_only_read(path: pathlib.Path) -> None:
    """But for the job that makes a release."""
    workflow = load(path)
    assert workflow["permissions"] == READ_ONLY
    widened = {name for name, job in workflow["jobs"].items() if job.get("permissions", READ_ONLY) != READ_ONLY}
    assert widened == ({"publish"} if path.stem == "release" else set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_use_the_actions_of_github_only(path: pathlib.Path) -> None:
    for job in load(path)["jobs"].values():
        if "uses" in job:
            assert (REPOSITORY / job["uses"]).is_file()
        for step in job.get("steps", []):
            assert step.get("uses", OWN_ACTIONS[0]).startswith(OWN_ACTIONS), step
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_release_is_published_after_all_checks() -> None:
    jobs = load(REPOSITORY / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["publish"]["needs"] == "ci" and jobs["ci"]["uses"].endswith("/ci.yml")


@pytest.mark.parametrize("path", FORMS, ids=name_of)
def test_forms_ask_for_each_thing_once(path: pathlib.Path) -> None:
    form = load(path)
    asked = [entry["id"] for entry in form["body"] if entry["type"] != "markdown"]
    assert len(asked) == len(set(asked)) > 0
    assert any(entry.get("validations", {}).get("required") for entry in form["body"])


def test_bug_report_asks_what_the_account_speaks() -> None:
    (api,) = [
        entry
        for entry in load(REPOSITORY / ".github" / "ISSUE_TEMPLATE" / "bug_report.yml")["body"]
        if entry.get("id") == "api"
    ]
    assert "vpsorg.cloud.vps_api_info" in api["attributes"]["description"]
    assert api["validations"]["required"] is True


def test_addresses_are_those_of_the_repository() -> None:
    repository = load(REPOSITORY / "galaxy.yml")["repository"]
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / ".github").rglob("*") if path.is_file()]
    addresses = {found for text in texts for found in re.findall(r"https://github\.com/[\w.-]+/[\w.-]+", text)}
    assert addresses == {repository}
