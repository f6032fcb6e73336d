# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to AWX, followed from nothing to the first job, with a stand-in for AWX's REST API; what it names is
there.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.awx_controller import Controller
from helpers.awx_credential import credential_type, inject
from helpers.awx_jobs import execution_node
from helpers.awx_register import AWX, REPOSITORY_URL, VARIABLES
from helpers.documents import GUIDES, blocks, prose, rows
from sandbox.isolation import REPOSITORY
from sandbox.programs import core_bin

GUIDE = GUIDES / "awx.rst"
TEXT = prose(GUIDE)
ROWS = rows(GUIDE)
IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Reader"), ("EMAIL", "reader@example.com"))
}


def commands(first_word: str) -> str:
    """The shell block that begins with a word."""
    (found,) = [
        block.text for block in blocks(GUIDE) if block.language == "shell" and block.text.startswith(first_word)
    ]
    return found


def follow(cli: AnsibleCli, script: str, typed: str = "", **env: str) -> str:
    """Type commands, as they stand there; what they print."""
    outcome = subprocess.run(
        ["bash", "-euc", script],
        cwd=cli.folder,
        env=cli.environment({**IDENTITY, "VPS_API_TOKEN": None, **env}),
        input=typed,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr


@pytest.fixture
def reader(ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> AnsibleCli:
    """Somebody who has installed the collection."""
    installed = tmp_path / "home" / ".ansible" / "collections" / "ansible_collections" / "vpsorg"
    installed.mkdir(parents=True)
    (installed / "cloud").symlink_to(REPOSITORY)
    ansible_cli.env.update(HOME=str(tmp_path / "home"), PATH=f"{core_bin()}{os.pathsep}{os.environ['PATH']}")
    return ansible_cli


def test_from_nothing_to_the_first_job(reader: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    emulator.seed(3)
    server = tmp_path / "server"
    follow(reader, f"git init --quiet --bare {server}/vps.git")
    elsewhere = {"GIT_CONFIG_KEY_0": f"url.{server}/.insteadOf", "GIT_CONFIG_VALUE_0": "https://git.example.com/"}
    follow(reader, commands("cp -r"), GIT_CONFIG_COUNT="1", **elsewhere)
    repository = tmp_path / "vps"
    tracked = follow(reader, f"git -C {server}/vps.git ls-tree -r --name-only HEAD").split()
    assert {"ansible.cfg", "collections/requirements.yml", "inventory/vps.yml", "surveys/fleet.json"} <= set(tracked)

    with Controller() as controller:
        controller.store.repositories[REPOSITORY_URL] = [
            name for name in tracked if re.fullmatch(r"playbooks/\w+\.yml", name)
        ]
        connection = commands("cd ").replace("https://awx.example.com", controller.url)
        check_command = commands("ansible-playbook register.yml")
        script = f"{connection}\n{check_command}\n{check_command.replace(' --check', '')}"
        said = follow(reader, script, typed=f"{controller.token}\n{emulator.token}\n")
        assert emulator.token not in said and controller.token not in said
        check, real = said.split("PLAY RECAP")[:2]
        # Check mode has changed nothing, or there would be less to do for the run after it.
        foretold = [told.replace(" would be ", " was ") for told in re.findall(r"The .* would be .*", check)]
        assert len(foretold) > 30 and foretold == re.findall(r"The .* was .*", real)
        templates = {template["name"] for template in controller.store.objects["job_templates"].values()}
        report = controller.store.one("job_templates", "VPS report")
        (credential,) = controller.store.attached[report["id"]]
        given = controller.store.secrets[credential]
    assert templates == {name.strip("*") for name, playbook, *_more in ROWS if playbook.startswith("``playbooks/")}

    # What AWX would do at a click on Launch, with the stored credential.
    (tmp_path / "credential" / "env").mkdir(parents=True)
    variables = inject(credential_type(), {**given, "api_url": emulator.url}, tmp_path / "credential")
    with execution_node(tmp_path / "node", emulator) as node:
        job = node.run(report["playbook"], project=repository, credential=variables)
        assert job.status == "successful", job.output
        assert sum("web-" in line for line in job.result("Show them")["msg"]) == 3

        (fleet,) = [block for block in blocks(GUIDE) if "fleet_servers:" in block.text]
        (repository / "fleets").mkdir()
        (repository / "fleets" / "shop.yml").write_text(fleet.text)
        answers = {"fleet_file": "fleets/shop.yml"}
        plan = node.run("playbooks/fleet.yml", answers, project=repository, credential=variables, job_type="check")
        assert plan.status == "successful" and len(plan.artifacts["vps_job_plan"]) == 4, plan.output
    assert {request["method"] for request in emulator.requests()} == {"GET"}


def test_the_definition_that_is_copied(reader: AnsibleCli, tmp_path: pathlib.Path) -> None:
    """No image can be built here; its build context can."""
    builder = REPOSITORY / ".venv" / "bin" / "ansible-builder"
    if not builder.exists():
        pytest.skip("ansible-builder is not installed")
    script = commands("cp ~").replace("ansible-builder build", f"{builder} create")
    follow(reader, re.sub(r" --tag \S+", "", script))
    (containerfile,) = (tmp_path / "context").glob("*file")  # its name depends on what is installed
    assert "debian:trixie-slim" in containerfile.read_text()


def test_what_the_guide_names_is_there() -> None:
    for path in re.findall(r"``((?:playbooks|surveys|inventory|collections)/[\w.]+)``", TEXT):
        assert (AWX / "project" / path).exists(), path
    assert set(re.findall(r"``(awx_\w+)(?:``)?", TEXT)) <= set(VARIABLES)
    firsts = [row[0] for row in ROWS]
    labels = {field["label"] for field in credential_type()["inputs"]["fields"]}
    assert [label for label in labels if label not in firsts] == []
    spec = json.loads((AWX / "project" / "surveys" / "fleet.json").read_text())["spec"]
    questions = {question["variable"] for question in spec}
    assert [variable for variable in questions if f"``{variable}``" not in TEXT] == []
    assert set(re.findall(r"``(survey_\w+)``", TEXT)) <= set(questions)
    for node in VARIABLES["awx_workflow_nodes"]:
        assert node["identifier"] in firsts
    artifacts = yaml.safe_load((AWX / "project" / "playbooks" / "tasks" / "artifacts.yml").read_text())
    published = set(artifacts[0]["ansible.builtin.set_stats"]["data"])
    assert {name.strip("`") for name in firsts if name.startswith("``vps_job_")} == published
