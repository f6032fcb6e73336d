# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation of every plugin work as they stand there, and return what is documented."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible.vars.reserved import get_reserved_names

from fault_proxy import FaultProxy, Record
from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.examples import constants, documented_return, examples, names_of, play_of
from helpers.script import COLLECTION, PLUGIN_FOLDERS, Script
from sandbox.isolation import REPOSITORY

MODULES = names_of("modules")
# Plugins whose examples are tasks.
TASKS = [(kind, name) for kind in ("modules", "filter", "lookup") for name in names_of(kind)]
# Keys that Ansible itself understands or adds.
COMMON = {"changed", "failed", "msg", "warnings", "invocation", "exception", "ansible_loop_var", "item", "attempts"}


def run_examples(cli: AnsibleCli, emulator: Any, *args: str, **keywords: Any) -> tuple[CommandResult, list[Record]]:
    """The tasks in the examples of every plugin, each on an account of its own, and all the requests that they sent."""
    root = emulator.url.removesuffix("/api/v1")
    plays = [
        play_of(name, tasks, root, cli.folder, **keywords) for kind, name in TASKS for tasks in examples(kind, name)
    ]
    with FaultProxy(emulator.url) as proxy:
        outcome = cli.playbook(plays, *args, env={**PLUGIN_FOLDERS, "VPS_API_URL": proxy.url}, rc=0, timeout=240)
        return outcome, proxy.history


def test_examples_that_are_tasks(ansible_cli: AnsibleCli, emulator) -> None:
    outcome, _requests = run_examples(ansible_cli, emulator)
    assert outcome.with_status("failed") == outcome.with_status("ignored") == []
    assert {entry.play for entry in outcome.results} == {name for _kind, name in TASKS}
    for name in MODULES:
        own = [entry for entry in outcome.results if entry.play == name and entry.action == f"{COLLECTION}{name}"]
        assert own, f"{name} has no example of itself"
        documented = documented_return(name)
        always = {key for key, entry in documented.items() if entry["returned"] == "always"}
        for entry in own:
            assert undocumented(entry.result, documented) == [], f"{name}: {entry.task}"
            assert always - set(entry.result) == set(), f"{name}: {entry.task}"


def test_examples_in_check_mode(ansible_cli: AnsibleCli, emulator) -> None:
    """A task may miss the server that an earlier one would have created, but what it is given by its templates must be
    there; nothing is ever written.
    """
    outcome, requests = run_examples(ansible_cli, emulator, "--check", "--diff", ignore_errors=True)
    assert [f"{record.method} {record.path}" for record in requests if record.method != "GET"] == []
    tasks = [task for kind, name in TASKS for document in examples(kind, name) for task in document]
    may_miss = {task["name"] for task in tasks if "{{" not in str(task)}
    for entry in [*outcome.with_status("failed"), *outcome.with_status("ignored")]:
        assert entry.task in may_miss, entry
        assert "There is no server with this name" in entry.result["msg"], entry
    for name in MODULES:
        first = next(entry for entry in outcome.results if entry.play == name and entry.action == f"{COLLECTION}{name}")
        assert first.status == "ok", first


def test_examples_with_variables_that_are_text(ansible_cli: AnsibleCli, emulator) -> None:
    """What comes by `-e name=value` or from a survey is text, even where it reads like a number or a boolean."""
    tasks = [task for kind, name in TASKS for document in examples(kind, name) for task in document]
    values = {
        name: value
        for task in tasks
        for name, value in task.get("vars", {}).items()
        if isinstance(value, (bool, int, float))
    }
    assert values == {"wanted": 2}
    outcome, _requests = run_examples(ansible_cli, emulator, *[f"-e{name}={value}" for name, value in values.items()])
    assert outcome.with_status("failed") == outcome.with_status("ignored") == []


def undocumented(result: dict[str, Any], documented: dict[str, Any]) -> list[str]:
    """The keys of a result, and of what lies in it, that its documentation does not know."""
    unknown = [key for key in result if key not in documented and key not in COMMON and not key.startswith("_ansible_")]
    for key, entry in documented.items():
        value, inside = result.get(key), entry.get("contains")
        for part in value if isinstance(value, list) else [value]:
            if inside and isinstance(part, dict):
                unknown += [f"{key}.{inner}" for inner in undocumented_parts(part, inside)]
    return unknown


def undocumented_parts(part: dict[str, Any], inside: dict[str, Any]) -> list[str]:
    return [key for key in part if key not in inside]


def test_every_documented_key_is_returned(script: Script) -> None:
    """Those that are returned now and then as well; and failures return nothing that is not documented."""
    script.configure(provision_ms=60_000)
    script.insert(100, "web-01")
    script.insert(101, "suspended", status="suspended")
    script.server("update", name="web-01", backups_enabled=True)
    script.server("warn", name="web-01", plan_id=2, on_immutable_change="warn")
    script.server("late", name="web-02", plan_id=1, os_id=5, location="us-west", wait_timeout=1.0)
    script.configure(password="created")
    given = {"plan_id": 1, "os_id": 5, "location": "us-west", "wait": False}
    script.server("password", name="web-03", return_password=True, **given)
    script.server("refused", name="web-01", plan_id=2)
    script.server("bad input", name="web 01")
    script.server("twin", id=4711)
    script.power("stop", name="web-01", state="stopped")
    script.power("impossible", name="suspended", state="started")
    script.power("unknown", name="web-09", state="started")
    script.power("many", match="web-01", state="started", wait=False)
    script.power("many impossible", names=["web-01", "suspended"], state="started")
    script.info("all", details=True)
    script.info("wrong", id=-1)
    script.info("nobody", api_token="vps_of-nobody")
    ran = script.run()
    for name, tasks in {
        "vps_server": ("update", "warn", "late", "password", "refused", "bad input", "twin"),
        "vps_server_power": ("stop", "impossible", "unknown", "many", "many impossible"),
        "vps_server_info": ("all", "wrong", "nobody"),
    }.items():
        documented = documented_return(name)
        for task in tasks:
            assert undocumented(ran[task].result, documented) == [], f"{name}: {task}"
        returned = {key for task in tasks for key in ran[task].result}
        assert set(documented) <= returned, f"{name}: never returned"
        for key, entry in documented.items():
            parts = [
                part
                for task in tasks
                for value in [ran[task].result.get(key)]
                for part in (value if isinstance(value, list) else [value])
            ]
            inner = {inner for part in parts if isinstance(part, dict) for inner in part}
            assert set(entry.get("contains", ())) <= inner, f"{name}: {key}"


def test_examples_of_inventories(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    emulator.seed(6, status=["active", "stopped", "provisioning"], plan_id=[1, 2])
    (tmp_path / "vps-token").write_text(f"{emulator.token}\n")
    reserved = get_reserved_names(include_private=False)
    for name in names_of("inventory"):
        documents = examples("inventory", name)
        assert documents
        for number, document in enumerate(documents):
            # Files that the examples read are those of the test.
            text = yaml.safe_dump(document, sort_keys=False).replace("/etc/ansible/", f"{tmp_path}/")
            outcome = ansible_cli.inventory(
                text, file_name=f"example-{number}.vps.yml", env={"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}, rc=0
            )
            hosts = outcome.json()["_meta"]["hostvars"]
            assert hosts, text
            for host, variables in hosts.items():
                assert set(variables) & (reserved - {"ansible_host"}) == set(), f"{name}: {host}"


@pytest.mark.parametrize(("kind", "name"), TASKS)
def test_names_in_examples(kind: str, name: str) -> None:
    """Registered results and variables take no name that Ansible has reserved, and every plugin is shown with its full
    name.
    """
    reserved = get_reserved_names()
    for task in (task for document in examples(kind, name) for task in document):
        names = {task["register"]} if "register" in task else set()
        assert (names | set(task.get("vars", {}))) & reserved == set(), task["name"]
        assert task["name"][0].isupper()
        assert [key for key in task if "." in key], task["name"]
    assert f"{COLLECTION}{name}" in constants(kind, name)["EXAMPLES"]


@pytest.mark.parametrize("name", MODULES)
def test_names_of_return_values(name: str) -> None:
    """None that Ansible gives a meaning of its own, but for diff, which has just that."""
    taken = {
        "results",
        "ansible_facts",
        "exception",
        "invocation",
        "skipped",
        "rc",
        "stdout",
        "stderr",
        "censored",
        "deprecations",
    }
    assert set(documented_return(name)) & taken == set()


def test_one_version() -> None:
    from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import VERSION

    assert yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))["version"] == VERSION


@pytest.mark.parametrize("kind", ["modules", "inventory", "filter", "lookup", "test"])
def test_what_every_plugin_documents(kind: str) -> None:
    for name in names_of(kind):
        texts = constants(kind, name)
        wanted = {"DOCUMENTATION", "EXAMPLES"} | ({"RETURN"} if kind != "inventory" else set())
        assert wanted <= set(texts), name
        documentation = yaml.safe_load(texts["DOCUMENTATION"])
        assert (
            documentation["version_added"]
            and documentation["short_description"]
            and not documentation["short_description"].endswith(".")
        )
