# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can't be meant is refused before any request: one clear sentence, no traceback, and no token,
however verbose.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.facts import mentions
from helpers.script import Ran, Script

WEB = {"name": "web-01"}
HERE = "{{ lookup('env', 'VPS_API_URL') }}"

NAMES: dict[str, tuple[Any, str]] = {
    # What is given, and how the message quotes it.
    "blanks": ("  ", "empty"),
    "line": ("web-01\nweb-02", "web-01\\nweb-02"),
    "control character": ("web\x1b[31m", "control"),
    "page of text": ("x" * 1001, "1000"),
}
# An account may hold such names, but no create takes them: refused after the look.
NOT_FOR_CREATES: dict[str, tuple[Any, str]] = {
    "underscore": ("web_01", "web_01"),
    "space": ("web 01", "web 01"),
    "dot": ("web.01", "web.01"),
    "slash": ("../web", "../web"),
    "letter of another alphabet": ("wéb", "wéb"),
    "blank before": (" web-01", "' web-01'"),
    "template": ("{{ '{{' }} lookup('env', 'HOME') }}", "{{ lookup('env', 'HOME') }}"),
}
NUMBERS = ("id", "plan_id", "os_id", "ssh_key_id")
SECONDS = ("wait_timeout", "wait_interval", "adopt_timeout", "api_timeout", "api_retry_max_delay")
URLS = {
    "no scheme": ("admin.vps.org/api/v1", "https://"),
    "blank": (" ", "https://"),
    "another scheme": ("ftp://admin.vps.org/api/v1", "https://"),
    "a file": ("file:///etc/hostname", "https://"),
    "plain http": ("http://admin.vps.org/api/v1", "loopback"),
    "http to something like a loopback address": ("http://127.0.0.1.example.com/api/v1", "loopback"),
    "a user": ("https://somebody@admin.vps.org/api/v1", "user"),
    "a query": ("https://admin.vps.org/api/v1?page=1", "query"),
    "a fragment": ("https://admin.vps.org/api/v1#top", "fragment"),
    "no host": ("https:///api/v1", "host"),
    "a space": ("https://admin.vps.org/api v1", "api_url"),
    "a line": ("https://admin.vps.org\n/api/v1", "api_url"),
    "half an address": ("http://[::1/api/v1", "malformed"),
    "no such port": ("https://admin.vps.org:99999/api/v1", "malformed"),
    "dots": ("https://admin.vps.org/api/../v1", "path"),
}


def assert_refused(ran: Ran, name: str, *facts: object) -> None:
    done = ran.failed(name, *facts)
    assert done.requests == [], name
    assert len(done["msg"]) < 900, done["msg"]


def test_options_of_every_type(script: Script) -> None:
    cases: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
        "unknown option": ("vps_server", {**WEB, "colour": "red"}, ("colour", "Unsupported")),
        "unknown option of info": ("vps_server_info", {"wait": True}, ("wait", "Unsupported")),
        "number": (
            "vps_server",
            {**WEB, "plan_id": "many"},
            ("plan_id", "int"),
        ),  # ansible-core's own words, which differ
        "fraction": ("vps_server", {**WEB, "plan_id": 1.5}, ("plan_id",)),
        "boolean": ("vps_server", {**WEB, "backups_enabled": "perhaps"}, ("backups_enabled", "perhaps")),
        "seconds": ("vps_server", {**WEB, "wait_timeout": "soon"}, ("wait_timeout", "float")),
        "state": ("vps_server", {**WEB, "state": "gone"}, ("state", "present, absent", "gone")),
        "power": ("vps_server", {**WEB, "power": "rebooted"}, ("power", "started, stopped", "rebooted")),
        "choice": (
            "vps_server",
            {**WEB, "on_immutable_change": "ask"},
            ("on_immutable_change", "fail, warn, recreate", "ask"),
        ),
        "state of power": ("vps_server_power", {**WEB, "state": "on"}, ("state", "started, stopped, rebooted", "on")),
        "no state of power": ("vps_server_power", WEB, ("state", "required")),
        "no name": ("vps_server", {}, ("name", "id", "required")),
        "null name": ("vps_server", {"name": None, "id": None}, ("name", "id", "required")),
        "no name to delete": ("vps_server", {"state": "absent"}, ("name", "id", "required")),
        "no name of power": ("vps_server_power", {"state": "started"}, ("name", "id", "required")),
        "empty name": ("vps_server", {"name": "", "state": "absent"}, ("name", "id", "required")),
        "empty name of info": ("vps_server_info", {"name": ""}, ("name", "empty")),
        "empty id": ("vps_server", {"id": ""}, ("id",)),
        "blank hostname": ("vps_server", {**WEB, "hostname": " "}, ("hostname", "' '")),
        "odd hostname": ("vps_server", {**WEB, "hostname": "web 01"}, ("hostname", "web 01")),
        "blank location": ("vps_server", {**WEB, "location": " "}, ("location", "' '")),
        "empty location of info": ("vps_server_info", {"location": ""}, ("location", "empty")),
        "empty status of info": ("vps_server_info", {"status": ""}, ("status",)),
        "retries": ("vps_server", {**WEB, "api_retries": -1}, ("api_retries", "-1")),
        "short interval": ("vps_server", {**WEB, "wait_interval": 0.05}, ("wait_interval", "0.1", "0.05")),
        "authorities": ("vps_server", {**WEB, "ca_path": "/nowhere/ca.pem"}, ("ca_path", "/nowhere/ca.pem")),
        "settle time": ("vps_server_power", {**WEB, "state": "rebooted", "settle_time": 0}, ("settle_time", "0")),
        **{
            f"name with {what}": ("vps_server", {"name": name}, ("name", shown))
            for what, (name, shown) in NAMES.items()
        },
        **{
            f"{option} {value}": ("vps_server", {**WEB, option: value}, (option, str(value)))
            for option in NUMBERS
            for value in (0, -1)
        },
        "id true": ("vps_server", {"id": True, "state": "absent"}, ("id",)),
        "id true of info": ("vps_server_info", {"id": True}, ("id",)),
    }
    for name, (module, options, _facts) in cases.items():
        script.task(name, module, options)
    ran = script.run()
    for name, (_module, _options, facts) in cases.items():
        assert_refused(ran, name, *facts)


def test_names_that_no_create_takes(script: Script) -> None:
    for what, (name, _shown) in NOT_FOR_CREATES.items():
        script.triple(what, name=name, plan_id=1, os_id=5, location="us-west")
    ran = script.run()
    for what, (_name, shown) in NOT_FOR_CREATES.items():
        for way in ("check", "real", "again"):
            done = ran.failed(f"{what}: {way}", "letters", "hyphens", shown)
            assert done.sent == ["GET /servers/"], what
    assert script.emulator.servers() == []


def test_refusals_are_those_of_a_module(script: Script) -> None:
    """Ansible's own of every kind, and the collection's own; with and without the option's value in the message."""
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "unknown option": ("vps_server", {**WEB, "colour": "red", "size": 3}),
        "type": ("vps_server", {**WEB, "plan_id": "many"}),
        "another type": ("vps_server", {**WEB, "backups_enabled": ["perhaps"]}),
        "choice": ("vps_server", {**WEB, "state": "gone"}),
        "missing": ("vps_server_power", WEB),
        "null": ("vps_server_power", {**WEB, "state": None}),
        "several": ("vps_server", {"state": "gone", "plan_id": "x", "colour": "red"}),
        "neither": ("vps_server", {"state": "absent"}),
        "name": ("vps_server", {"name": "web\t01"}),
        "host name": ("vps_server", {**WEB, "hostname": "bücher.example"}),
        "limit": ("vps_server_power", {**WEB, "state": "started", "wait_timeout": 0}),
        "address": ("vps_server_info", {"api_url": "http://example.com/api/v1"}),
        "true as id": ("vps_server_info", {"id": True}),
    }
    for name, (module, options) in cases.items():
        script.task(name, module, options)
    ran = script.run(both_ways=True)
    for name in cases:
        assert_refused(ran, name)


def test_limits_that_cannot_be_meant(script: Script) -> None:
    values = (0, -1, "nan", "inf")
    for option in SECONDS:
        for value in values:
            script.server(f"{option} {value}", **WEB, **{option: value})
    script.info("info", api_timeout=0)
    script.power("power", **WEB, state="started", wait_timeout=-5)
    ran = script.run()
    for option in SECONDS:
        for value in values:
            assert_refused(ran, f"{option} {value}", option, float(value))
    assert_refused(ran, "info", "api_timeout")
    assert_refused(ran, "power", "wait_timeout")


def test_addresses(script: Script) -> None:
    for name, (url, _word) in URLS.items():
        script.server(name, **WEB, api_url=url)
    script.info("info", api_url="http://example.com/api/v1")
    ran = script.run("-vvvv")
    for name, (_url, word) in URLS.items():
        assert_refused(ran, name, "api_url", word, "https://admin.vps.org/api/v1")
    assert_refused(ran, "info", "api_url", "loopback")


def test_spellings_of_a_good_address(script: Script) -> None:
    script.insert(100, "web-01")
    for name, url in {
        "slash": f"{HERE}/",
        "host": f"{HERE.replace('}}', '')} | replace('127.0.0.1', 'localhost') }}}}",
        "blank": f" {HERE}\n",
    }.items():
        script.server(name, **WEB, api_url=url)
    ran = script.run()
    for name in ("slash", "host", "blank"):
        assert ran.ok(name, changed=False).sent == ["GET /servers/", "GET /servers/100/"]


TOKENS = {
    "line inside": "Sesame-one\nOpen-two",
    "space inside": "Sesame-one Open-two",
    "tab inside": "Sesame-one\tOpen-two",
    "not ASCII": "Sesame-one-Ōpen-two",
    "control character": "Sesame-one\x07Open-two",
}


def test_tokens(script: Script) -> None:
    """A malformed token is refused without being quoted; one from a file that ends in a newline is as good as any."""
    script.cli.secrets += ["Sesame-one", "pen-two"]
    # Not in the playbook: Ansible itself prints the lines around a failed task.
    (script.cli.folder / "tokens.json").write_text(json.dumps({"tokens": list(TOKENS.values())}))
    valid = "{{ lookup('env', 'VPS_API_TOKEN') }}"
    for number, name in enumerate(TOKENS):
        script.server(name, **WEB, api_token=f"{{{{ tokens[{number}] }}}}")
    script.power("power", **WEB, state="started", api_token="{{ tokens[0] }}")
    for name, given in {"empty": "", "blank": " \n", "null": None}.items():
        script.info(name, api_token=given)
    script.info("newline at the end", api_token=f"{valid}\n")
    # Masked wherever it is quoted.
    script.server("token as name", name=f"{valid}\n")
    script.server("token as hostname", **WEB, hostname=f"{valid} is no host name")
    script.info("token as address", api_url=f"ftp://{valid}/")
    ran = script.run("-vvvv", play={"vars_files": ["tokens.json"]}, both_ways=True)
    for name in (*TOKENS, "power"):
        assert_refused(ran, name, "malformed", "api_token", "VPS_API_TOKEN")
    assert_refused(ran, "blank", "api_token", "VPS_API_TOKEN")
    assert not mentions(ran["blank"]["msg"], "malformed"), "there is none"
    for name in ("empty", "null", "newline at the end"):
        ran.ok(name)  # what is not set is taken from the environment
    for name in ("token as name", "token as hostname", "token as address"):
        assert_refused(ran, name)
        assert "****" in ran[name]["msg"]
    assert not any('File "' in str(done.result.get("exception")) for done in ran.tasks.values()), (
        "no mistake of a user's is worth a traceback"
    )


@pytest.mark.parametrize("given", [None, ""], ids=["unset", "empty"])
def test_no_token_at_all(script: Script, given: str | None) -> None:
    script.server("server", **WEB)
    script.power("power", **WEB, state="started")
    script.info("info")
    names = ("VPS_API_TIMEOUT", "VPS_API_RETRIES", "VPS_API_RETRY_MAX_DELAY", "VPS_VALIDATE_CERTS", "VPS_CA_PATH")
    empty = dict.fromkeys(names, given)
    ran = script.run(env={"VPS_API_TOKEN": given, "VPS_API_URL": given, **empty}, both_ways=given is None)
    for name in ("server", "power", "info"):
        assert_refused(ran, name, "api_token", "VPS_API_TOKEN")
        arguments = ran[name]["invocation"]["module_args"]
        assert arguments["api_url"] == "https://admin.vps.org/api/v1"
        assert (arguments["api_timeout"], arguments["api_retries"], arguments["api_retry_max_delay"]) == (30.0, 5, 30.0)
        assert arguments["validate_certs"] is True and arguments["ca_path"] is None


def test_environment_variables(script: Script) -> None:
    """Empty ones count as unset; odd ones are refused as the option would be; options win."""
    script.insert(100, "web-01")
    odd = (
        ("VPS_API_TIMEOUT", "soon"),
        ("VPS_API_TIMEOUT", "0"),
        ("VPS_API_RETRIES", "-1"),
        ("VPS_API_RETRIES", "many"),
        ("VPS_API_RETRY_MAX_DELAY", "-1"),
        ("VPS_VALIDATE_CERTS", "perhaps"),
        ("VPS_CA_PATH", "/nowhere/ca.pem"),
        ("VPS_API_URL", "http://example.com/"),
    )
    for name, value in odd:
        script.task(f"{name} {value}", "vps_server_info", environment={name: value})
        script.task(f"{name} empty {value}", "vps_server_info", environment={name: ""} if name != "VPS_API_URL" else {})
    elsewhere = {"VPS_API_RETRIES": "-1", "VPS_API_URL": "http://example.com"}
    script.task("option wins", "vps_server_info", {"api_retries": 2, "api_url": HERE}, environment=elsewhere)
    ran = script.run()
    for name, value in odd:
        assert_refused(ran, f"{name} {value}", name.removeprefix("VPS_").lower(), name)
        ran.ok(f"{name} empty {value}")
    assert ran.ok("option wins")["invocation"]["module_args"]["api_retries"] == 2
