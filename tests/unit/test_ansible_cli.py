# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner of Ansible commands sees what it promises to see: other tests rely on it."""

from __future__ import annotations

import pathlib

import pytest

from helpers.ansible_cli import AnsibleCli

DEBUG = "ansible.builtin.debug"


@pytest.fixture
def cli(tmp_path: pathlib.Path) -> AnsibleCli:
    return AnsibleCli(tmp_path, {"VPS_API_TOKEN": "a-secret-token"}, secrets=["a-secret-token"])


def test_results_of_every_kind_of_task(cli: AnsibleCli) -> None:
    outcome = cli.playbook(
        [
            {"name": "Plain", DEBUG: {"msg": {"text": "{{ given }}", "number": 7, "list": [1, None, True]}}},
            {"name": "Looped", DEBUG: {"msg": "{{ item }}"}, "loop": ["a", "b"]},
            {"name": "Skipped", DEBUG: {"msg": "no"}, "when": False},
            {"name": "Ignored", "ansible.builtin.fail": {"msg": "on purpose"}, "ignore_errors": True},
            {"name": "Failed", "ansible.builtin.fail": {"msg": "the end"}},
        ],
        extra_vars={"given": "from outside"},
        rc=2,
    )
    assert outcome.task("Plain")["msg"] == {"text": "from outside", "number": 7, "list": [1, None, True]}
    assert [item["msg"] for item in outcome.items("Looped")] == ["a", "b"]
    assert [(entry.task, entry.status) for entry in outcome.results if entry.kind == "task"] == [
        ("Plain", "ok"),
        ("Looped", "ok"),
        ("Skipped", "skipped"),
        ("Ignored", "ignored"),
        ("Failed", "failed"),
    ]
    assert outcome.task("Failed")["msg"] == "the end"
    assert outcome.results[0].host == "localhost"
    assert "vpsorg_test_results" not in outcome.output
    assert outcome.stderr == ""


def test_check_and_diff_mode_reach_the_play(cli: AnsibleCli) -> None:
    tasks = [{"name": "Modes", DEBUG: {"msg": ["{{ ansible_check_mode }}", "{{ ansible_diff_mode }}"]}}]
    assert cli.playbook(tasks, rc=0).task("Modes")["msg"] == [False, False]
    assert cli.playbook(tasks, check=True, diff=True, rc=0).task("Modes")["msg"] == [True, True]


@pytest.mark.parametrize(
    ("text", "complaint", "switch"),
    [
        ("{{ lookup('env', 'VPS_API_TOKEN') }}", "a secret was printed", "allow_secrets"),
        ("Traceback (most recent call last): ...", "traceback", "allow_traceback"),
        ("[DEPRECATION WARNING]: old", "deprecation warning", "allow_deprecation"),
    ],
)
def test_what_no_run_may_print(cli: AnsibleCli, text: str, complaint: str, switch: str) -> None:
    tasks = [{"name": "Print", DEBUG: {"msg": text}}]
    with pytest.raises(AssertionError, match=complaint) as failure:
        cli.playbook(tasks)
    assert "a-secret-token" not in str(failure.value)
    assert cli.playbook(tasks, **{switch: True}).rc == 0


def test_unexpected_exit_code(cli: AnsibleCli) -> None:
    with pytest.raises(AssertionError, match="exit code 2, expected 0"):
        cli.playbook([{"name": "Fail", "ansible.builtin.fail": {"msg": "no"}}], rc=0)


def test_a_command_that_does_not_end_is_killed(cli: AnsibleCli) -> None:
    with pytest.raises(AssertionError, match=r"not finished after 0\.2 s"):
        cli.playbook([{"name": "Ask", DEBUG: {"msg": "never reached"}}], timeout=0.2)


def test_inventory(cli: AnsibleCli) -> None:
    inventory = cli.inventory({"all": {"hosts": {"one": {"colour": "red"}}}}, rc=0).json()
    assert inventory["_meta"]["hostvars"]["one"] == {"colour": "red"}


def test_foreign_settings_do_not_reach_a_command(cli: AnsibleCli) -> None:
    environment = cli.environment({"VPS_API_TOKEN": None, "VPS_API_TIMEOUT": "5"})
    assert "VPS_API_TOKEN" not in environment
    assert environment["VPS_API_TIMEOUT"] == "5"
    assert not [
        name
        for name in environment
        if name.lower() in ("http_proxy", "https_proxy", "no_proxy") or name.startswith("PYTEST_")
    ]
    assert "vpsorg-tests_" in environment["HOME"]
