# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory in other hands: ansible-runner as AWX calls it, ansible-doc, and the examples of the plugin's
documentation. ansible-navigator: see test_awx_navigator.py.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.inventory_cli import PLUGIN, marked, plain, shown
from sandbox.isolation import COLLECTIONS, REPOSITORY
from sandbox.programs import core_bin

HOSTILE = "{{ lookup('pipe', 'echo evaluated') }}"
# What AWX 24.6 sets for the update of an inventory source, beside the credential's variables.
AWX = {
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_INVENTORY_EXPORT": "True",
    "ANSIBLE_VERBOSE_TO_STDERR": "True",
    "ANSIBLE_HOST_PATTERN_MISMATCH": "error",
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "INVENTORY_SOURCE_ID": "1",
    "INVENTORY_UPDATE_ID": "1",
}


@pytest.fixture
def account(emulator: Any) -> Any:
    emulator.seed(6, status=["active", "stopped"], location=["us-west", "eu-central"])
    emulator.insert(name="odd", hostname=HOSTILE, status="active")
    return emulator


def awx_update(
    emulator: Any, folder: pathlib.Path, config: dict[str, Any], env: dict[str, str]
) -> tuple[int, str, dict[str, Any]]:
    """An update of an inventory source: exit code, output and the document that AWX imports."""
    runner = pytest.importorskip("ansible_runner")
    project, artifacts = folder / "project", folder / "artifacts" / "1"
    for path in (project, artifacts, folder / "env"):
        path.mkdir(parents=True)
    (project / "shop.vps.yml").write_text(yaml.safe_dump({**PLUGIN, **config}))
    output = artifacts / "output.json"
    command = (
        f"ansible-inventory --list --export -i {project}/shop.vps.yml --output {output} --playbook-dir {project} -vvv"
    )
    (folder / "args").write_text(f"{core_bin()}/{command}")
    variables = {
        **AWX,
        "AWX_PRIVATE_DATA_DIR": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "VPS_API_URL": emulator.url,
        "VPS_API_TOKEN": emulator.token,
        **env,
    }
    (folder / "env" / "envvars").write_text(json.dumps(variables))
    result = runner.run(private_data_dir=str(folder), ident="1", quiet=True, settings={"idle_timeout": 60})
    text = (
        result.stdout.read() + (artifacts / "stderr").read_text()
        if (artifacts / "stderr").exists()
        else result.stdout.read()
    )
    return result.rc, text, json.loads(output.read_text()) if output.exists() else {}


def test_an_awx_inventory_source(account: Any, tmp_path: pathlib.Path, ansible_cli: AnsibleCli) -> None:
    config = {
        "keyed_groups": [{"key": "vps_location", "prefix": "location"}],
        "compose": {"ansible_user": "'root'", "copy": "vps_hostname"},
    }
    # Fields of the credential that were left open.
    env = {"VPS_API_TIMEOUT": "", "VPS_API_RETRIES": "", "VPS_CA_PATH": "", "VPS_VALIDATE_CERTS": "True"}
    rc, text, document = awx_update(account, tmp_path / "awx", config, env)
    assert rc == 0, text
    assert account.token not in text and account.token not in json.dumps(document)
    variables = document["_meta"]["hostvars"]
    assert sorted(variables) == ["odd", *(f"web-{number:04d}" for number in range(1, 7))]
    ordinary = {name: value for name, value in variables.items() if name != "odd"}
    assert not any(marked(value) for value in ordinary.values())
    # Enabled variable vps_status, enabled value active: AWX compares the texts.
    assert [name for name, value in ordinary.items() if str(value["vps_status"]).lower() == "active"] == [
        "web-0001",
        "web-0003",
        "web-0005",
    ]
    assert ordinary["web-0001"]["ansible_user"] == "root" and document["location_us_west"]["hosts"]
    assert plain(variables["odd"]["vps_hostname"]) == HOSTILE

    # A job then gets the stored document from a script.
    script = tmp_path / "hosts"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({json.dumps(document)!r})\n")
    script.chmod(0o755)
    tasks = [{"name": "Show", "ansible.builtin.debug": {"msg": ["{{ vps_hostname }}", "{{ copy }}"]}}]
    outcome = ansible_cli.playbook(
        [{"name": "Job", "hosts": "odd", "gather_facts": False, "tasks": tasks}], inventory=script, rc=0
    )
    assert outcome.task("Show")["msg"] == [HOSTILE, HOSTILE]


def test_a_failed_awx_update(account: Any, tmp_path: pathlib.Path) -> None:
    rc, text, document = awx_update(
        account, tmp_path / "awx", {}, {"VPS_API_TOKEN": "vps_wrong", "VPS_API_RETRIES": "0"}
    )
    assert rc != 0 and document == {}
    assert "401" in text and "vps_wrong" not in text


def test_the_documentation_is_readable(ansible_cli: AnsibleCli) -> None:
    outcome = ansible_cli.run("ansible-doc", "-t", "inventory", "vpsorg.cloud.vps", "--json", rc=0)
    assert outcome.stderr == ""
    options = outcome.json()["vpsorg.cloud.vps"]["doc"]["options"]
    assert {"api_token", "status", "hostnames", "compose", "cache", "cache_fallback"} <= set(options)
    assert (
        options["hostnames"]["default"],
        options["connect_with"]["default"],
        options["hostvars_prefix"]["default"],
    ) == (["name"], ["ipv4", "ipv6"], "vps_")


def examples() -> list[dict[str, Any]]:
    text = (REPOSITORY / "plugins" / "inventory" / "vps.py").read_text(encoding="utf-8")
    found = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', text, re.MULTILINE | re.DOTALL)
    assert found
    return list(yaml.safe_load_all(found.group(1)))


def test_the_examples_of_the_plugin(account: Any, ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "vps-token").write_text(account.token)
    env = {
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"),
        "HOME": str(tmp_path),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
    }
    ansible_cli.run("ansible-vault", "encrypt", str(tmp_path / "vps-token"), env=env, rc=0)
    found = examples()
    assert len(found) >= 4
    for number, example in enumerate(found):
        text = yaml.safe_dump(example).replace("/etc/ansible/vps-token", str(tmp_path / "vps-token"))
        inventory = shown(
            ansible_cli.inventory(
                text,
                file_name=f"{number}.vps.yml",
                env={**env, **({"VPS_API_TOKEN": None} if "api_token" in example else {})},
                rc=0,
            )
        )
        assert inventory.hosts, example


def test_the_documented_groups(account: Any, ansible_cli: AnsibleCli) -> None:
    """What docs/inventory.md says of its own examples."""
    text = (REPOSITORY / "docs" / "inventory.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "plugin:" in block]
    keyed = next(block for block in blocks if "prefix: location" in block)
    groups = shown(ansible_cli.inventory(keyed, rc=0)).groups
    named = re.findall(r"`((?:location|plan|os|status)_[a-z0-9_]+)`", text)
    assert len(named) == 4 and [name for name in named if name not in groups] == []
    composed = shown(ansible_cli.inventory(next(block for block in blocks if "memory_gb" in block), rc=0))
    assert composed.variables["web-0001"]["team"] == "web" and len(composed.groups["web"]) == 6
