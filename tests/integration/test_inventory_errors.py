# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's options and failures: where the token comes from and never goes, and what each error says."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.inventory_cli import PLUGIN, failed, show, shown
from sandbox.programs import core_bin

NO_TOKEN = {"VPS_API_TOKEN": None}
DEAD = "http://127.0.0.1:9/api/v1"  # nothing listens there


# Where the token comes from


def test_the_token_from_the_file(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.seed(2)
    assert len(show(ansible_cli, {"api_token": emulator.token}, "-vvvv", env=NO_TOKEN).hosts) == 2


def test_the_token_from_a_lookup(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    emulator.seed(2)
    (tmp_path / "token").write_text(f"{emulator.token}\n")
    config = {
        "api_token": "{{ lookup('ansible.builtin.file', '" + str(tmp_path / "token") + "') }}",
        "api_timeout": "{{ 20 + 1 }}",
        "api_url": "{{ lookup('env', 'MY_URL') }}",
    }
    assert (
        len(show(ansible_cli, config, "-vvvv", env={**NO_TOKEN, "MY_URL": emulator.url, "VPS_API_URL": DEAD}).hosts)
        == 2
    )


def test_the_token_from_an_extra_variable(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    emulator.seed(2)
    (tmp_path / "extra.json").write_text(json.dumps({"my_token": emulator.token}))
    assert (
        len(
            show(
                ansible_cli,
                {"api_token": "{{ my_token }}"},
                "-e",
                f"@{tmp_path}/extra.json",
                "-vvvv",
                env=NO_TOKEN,
                allow_secrets=True,
            ).hosts
        )
        == 2
    )


@pytest.mark.parametrize("where", ["inline", "lookup"])
def test_the_token_from_a_vault(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path, where: str) -> None:
    emulator.seed(2)
    (tmp_path / "password").write_text("open sesame\n")
    vault = [
        str(core_bin() / "ansible-vault"),
        "encrypt_string",
        "--vault-password-file",
        str(tmp_path / "password"),
        "--stdin-name",
        "api_token",
    ]
    if where == "inline":
        text = subprocess.run(
            vault, input=emulator.token, text=True, capture_output=True, check=True, env=ansible_cli.environment()
        ).stdout
    else:
        (tmp_path / "token").write_text(emulator.token)
        command = [
            str(core_bin() / "ansible-vault"),
            "encrypt",
            "--vault-password-file",
            str(tmp_path / "password"),
            str(tmp_path / "token"),
        ]
        subprocess.run(command, capture_output=True, check=True, env=ansible_cli.environment())
        text = "api_token: \"{{ lookup('ansible.builtin.unvault', '" + str(tmp_path / "token") + "') }}\"\n"
    inventory = show(
        ansible_cli,
        f"plugin: vpsorg.cloud.vps\n{text}",
        "--vault-password-file",
        str(tmp_path / "password"),
        "-vvvv",
        env=NO_TOKEN,
    )
    assert len(inventory.hosts) == 2


def test_empty_variables_count_as_unset(ansible_cli: AnsibleCli, emulator: Any) -> None:
    """AWX sets empty ones for what was left open in a credential."""
    emulator.seed(2)
    names = ("VPS_API_TIMEOUT", "VPS_API_RETRIES", "VPS_API_RETRY_MAX_DELAY", "VPS_VALIDATE_CERTS", "VPS_CA_PATH")
    assert len(show(ansible_cli, env=dict.fromkeys(names, "")).hosts) == 2
    failed(
        ansible_cli, {"api_retries": 0}, "admin.vps.org", env={"VPS_API_URL": "", "https_proxy": "http://127.0.0.1:9"}
    )


def test_the_other_options_from_the_environment(ansible_cli: AnsibleCli, emulator: Any) -> None:
    hang = Fault("hang_before", times=None)
    with FaultProxy(emulator.url) as proxy:
        proxy.set(hang)
        env = {
            "VPS_API_URL": proxy.url,
            "VPS_API_TIMEOUT": "0.2",
            "VPS_API_RETRIES": "1",
            "VPS_API_RETRY_MAX_DELAY": "0.01",
        }
        failed(ansible_cli, {}, 0.2, env=env)
        assert proxy.wait_met(hang, 2) and len(proxy.history) == 2


# Mistakes: one sentence, before any request


@pytest.mark.parametrize(
    ("config", "env", "facts"),
    [
        ({}, NO_TOKEN, ["api_token", "VPS_API_TOKEN"]),
        ({}, {"VPS_API_TOKEN": ""}, ["api_token", "VPS_API_TOKEN"]),
        ({"api_token": "{{ lookup('env', 'NOT_THERE') }}"}, NO_TOKEN, ["api_token", "VPS_API_TOKEN"]),
        ({"api_token": "{{ nowhere }}"}, {}, ["api_token", "nowhere"]),
        ({"api_token": ["a"]}, {}, ["api_token"]),
        ({"api_token": "two words"}, {}, ["api_token", "malformed"]),
        ({"api_url": "http://api.example.com"}, {}, ["api_url", "api.example.com"]),
        ({"api_url": "file:///etc/passwd"}, {}, ["api_url", "file:///etc/passwd"]),
        ({"api_timeout": 0}, {}, ["api_timeout", "0.0"]),
        ({"api_timeout": "soon"}, {}, ["api_timeout", "soon"]),
        ({"api_retries": -1}, {}, ["api_retries", -1]),
        ({"api_retry_max_delay": -1}, {}, ["api_retry_max_delay", -1]),
        ({"ca_path": "/does/not/exist"}, {}, ["ca_path", "/does/not/exist"]),
        ({"location": ["us-west"]}, {}, ["location", "locations"]),
        ({"hostnames": ["label"]}, {}, ["hostnames", "label"]),
        ({"connect_with": []}, {}, ["connect_with"]),
        ({"hostvars_prefix": ""}, {}, ["hostvars_prefix"]),
        ({"hostvars_prefix": "ansible_"}, {}, ["hostvars_prefix"]),
        ({"group": ""}, {}, ["group"]),
        ({"status": [False]}, {}, ["status"]),
        ({"status": "{{ '' }}"}, {}, ["status"]),
        ({"status": ["active", "{{ '' }}"]}, {}, ["status"]),
        ({"include": ["{{ nowhere }}"]}, {}, ["include", "nowhere"]),
        ({"group": "{{ lookup('env', 'NOT_THERE') }}"}, {}, ["group"]),
        ({"hostvars_prefix": "{{ lookup('env', 'NOT_THERE') }}"}, {}, ["hostvars_prefix"]),
        ({"hostnames": ["{{ vps_name }}"]}, {}, ["hostnames", "{{ vps_name }}", "hostname", "expressions"]),
        ({"filters": ["{{ true }}"]}, {}, ["filters", "{{ true }}"]),
        *(
            ({option: "perhaps"}, {}, [option, "perhaps"])
            for option in ("details", "cache", "cache_fallback", "strict")
        ),
        ({"validate_certs": "perhaps"}, {}, ["validate_certs"]),
        ({}, {"VPS_VALIDATE_CERTS": "perhaps"}, ["validate_certs"]),
    ],
    ids=str,
)
def test_mistakes(
    ansible_cli: AnsibleCli, emulator: Any, config: dict[str, Any], env: dict[str, Any], facts: list[object]
) -> None:
    failed(ansible_cli, config, *facts, env=env)
    assert emulator.requests() == []


def test_requests_is_missing(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "requests.py").write_text("raise ImportError('No module named requests')\n")
    failed(ansible_cli, {}, "requests", "-m pip install requests", env={"PYTHONPATH": str(tmp_path / "none")})


# Failures


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        (
            Fault("answer", status=401, body={"detail": "Invalid token."}, times=None),
            [401, "Invalid token.", "api_token"],
        ),
        (Fault("answer", status=403, body={"detail": "No permission."}, times=None), [403, "No permission."]),
        (Fault("answer", status=404, body={"detail": "Not found."}, times=None), [404, "Not found.", "api_url"]),
        (Fault("redirect", to="http://127.0.0.1:9/", times=None), [302, "127.0.0.1:9", "api_url"]),
        (Fault("html_200", times=None), ["HTML", "api_url"]),
        (Fault("missing_results", times=None), ["GET /servers/", "results"]),
        (Fault("wrong_count", times=None), ["GET /servers/", 121, 120]),
        (Fault("item_string_id", times=None), ["GET /servers/", "id"]),
        (Fault("next_loops"), ["GET /servers/", 120, 100]),
        (Fault("echo_token", times=None), ["********"]),
        (Fault("deep_json", depth=2000, times=None), ["nested"]),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_failures(ansible_cli: AnsibleCli, emulator: Any, fault: Fault, facts: list[object]) -> None:
    emulator.seed(120)
    with FaultProxy(emulator.url) as proxy:
        proxy.set(fault)
        failed(ansible_cli, {"api_url": proxy.url, "api_retries": 1, "api_retry_max_delay": 0.01}, *facts)
        assert proxy.met(fault) >= 1
    assert {request["method"] for request in emulator.requests()} <= {"GET"}


def test_a_rejected_token_ends_the_other_details_too(ansible_cli: AnsibleCli, emulator: Any) -> None:
    """They are read at the same time, and would all be tried again and again."""
    emulator.seed(40)
    denied = Fault("answer", path="*/servers/*/", nth=5, status=401, body={"detail": "Invalid token."})
    failing = Fault("answer", path="*/servers/*/", times=None, status=503)
    with FaultProxy(emulator.url) as proxy:
        proxy.set(denied, failing)
        failed(
            ansible_cli,
            {"api_url": proxy.url, "details": True, "api_retries": 20, "api_retry_max_delay": 0.3},
            401,
            "Invalid token.",
        )
        assert proxy.met(denied) == 1 and len(proxy.history) < 100


def test_a_failure_that_passes_is_tried_again(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.seed(250)
    faults = [
        Fault("answer", status=502),
        Fault("reset_after", query="page=2"),
        Fault("status_429", query="page=3", seconds=0),
    ]
    with FaultProxy(emulator.url) as proxy:
        proxy.set(*faults)
        assert len(show(ansible_cli, {"api_url": proxy.url, "api_retry_max_delay": 0.01}).hosts) == 250
        assert [proxy.met(fault) for fault in faults] == [1, 1, 1]


def test_a_detail_that_can_not_be_read_is_an_error(ansible_cli: AnsibleCli, emulator: Any) -> None:
    (first, *_others) = emulator.seed(5)
    with FaultProxy(emulator.url) as proxy:
        proxy.set(Fault("answer", status=500, path=f"*/servers/{first}/", times=None))
        failed(ansible_cli, {"api_url": proxy.url, "api_retries": 0, "details": True}, f"GET /servers/{first}/", 500)


def test_without_strictness_ansible_goes_on(ansible_cli: AnsibleCli) -> None:
    """Why the documentation recommends any_unparsed_is_failed."""
    outcome = ansible_cli.inventory({**PLUGIN, "api_url": DEAD, "api_retries": 0}, rc=0)
    assert shown(outcome).hosts == [] and mentions(" ".join(outcome.stderr.split()), "127.0.0.1:9")


# Where the token never goes


@pytest.mark.parametrize("level", ["-v", "-vvvvvv"])
def test_the_token_is_not_shown_in_failures(ansible_cli: AnsibleCli, emulator: Any, level: str) -> None:
    """The runner of commands fails on any output that holds the token.

    Here it is in the file, the line before each mistake.
    """
    mistakes: list[dict[str, Any]] = [
        {"api_timeout": "soon"},
        {"api_url": "{{ nowhere }}"},
        {"api_url": DEAD, "api_retries": 0},
        {"status": {"a": 1}},
        {"validate_certs": "x"},
        {"unknown": 1},
        {"strict": True, "compose": {"a": "vps_missing"}},
        {"strict": True, "groups": {"a": "vps_missing"}},
        {"strict": True, "keyed_groups": [{"key": "vps_missing"}]},
        {"keyed_groups": [{"key": "vps_id", "default_value": "a", "trailing_separator": True}]},
    ]
    emulator.seed(1)
    for mistake in mistakes:
        text = yaml.safe_dump({**PLUGIN, "api_token": emulator.token, **mistake}, sort_keys=False)
        outcome = ansible_cli.inventory(
            text, "--list", level, env={**NO_TOKEN, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}
        )
        assert outcome.rc != 0, outcome.describe()


def test_the_token_is_not_in_what_is_left_behind(
    ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path
) -> None:
    emulator.seed(3)
    log = tmp_path / "ansible.log"
    show(ansible_cli, {"compose": {"a": "vps_name"}}, "-vvvv", env={"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_DEBUG": "0"})
    assert log.exists()
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() and emulator.token in path.read_text(errors="replace")
    ] == []


def test_switched_off_certificates_warn(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.seed(1)
    inventory = show(ansible_cli, {"validate_certs": False})
    assert mentions(inventory.warnings, "validate_certs", emulator.url) and len(inventory.hosts) == 1
