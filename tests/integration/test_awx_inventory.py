# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's inventory as a source in AWX: its updates through ansible-runner, what is stored, and what jobs see."""

from __future__ import annotations

import contextlib
import http.server
import json
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.awx_inventory import PROJECT, Source, StoredInventory, Update
from helpers.documents import GUIDES
from helpers.inventory_cli import marked, plain
from helpers.messages import entries
from sandbox.isolation import REPOSITORY

HOSTILE = "{{ lookup('pipe', 'echo evaluated') }}"
CERTIFICATES = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
OF_THE_SOURCE = ("vps_", "ansible_host")


@pytest.fixture
def account(emulator: Any) -> Any:
    emulator.seed(6, status=["active", "stopped"], location=["us-west", "eu-central"])
    return emulator


@pytest.fixture
def source(account: Any, tmp_path: pathlib.Path) -> Callable[..., Source]:
    """Makes a source whose execution environment has the collection. `inputs` are added to the token and the URL."""

    def make(
        in_image: bool = True, inputs: dict[str, Any] | None = None, credential: bool = True, **settings: Any
    ) -> Source:
        filled = {"api_token": account.token, "api_url": account.url, **(inputs or {})} if credential else None
        made = Source(tmp_path / f"source_{len(list(tmp_path.iterdir()))}", inputs=filled, **settings)
        if in_image:
            made.put_collection_in_image()
        return made

    return make


def imported(update: Update) -> dict[str, Any]:
    assert update.status == "successful" and update.document is not None, update.output
    return update.document


def stored(update: Update, **settings: Any) -> StoredInventory:
    inventory = StoredInventory(**settings)
    inventory.load(imported(update))
    return inventory


def enabled(inventory: StoredInventory) -> list[str]:
    return sorted(name for name, host in inventory.hosts.items() if host.enabled)


# Where the collection is


def test_the_collection_of_the_requirements_file_is_found(source: Callable[..., Source]) -> None:
    """AWX tells it inventory updates by a variable that ansible-core 2.19 no longer reads."""
    assert len(imported(source(in_image=False).update(requirements=True))["_meta"]["hostvars"]) == 6


@pytest.mark.parametrize("source_vars", [{}, {"ANSIBLE_COLLECTIONS_PATH": "../requirements_collections"}])
def test_what_the_configuration_file_is_for(source: Callable[..., Source], source_vars: dict[str, str]) -> None:
    """Without it, source variables would do as well; without both, it depends on ansible-core."""
    without = source(in_image=False, source_vars=source_vars)
    (without.project / "ansible.cfg").unlink()
    update = without.update(requirements=True)
    finds = bool(source_vars) or tuple(map(int, core_version(update).split(".")[:2])) < (2, 19)
    assert (update.status == "successful") is finds, update.output
    assert finds or NO_COLLECTION in update.words()


def core_version(update: Update) -> str:
    return update.words().partition("ansible-inventory [core ")[2].partition("]")[0]


def test_requirements_file_asks_for_this_collection() -> None:
    (entry,) = yaml.safe_load((PROJECT / "collections" / "requirements.yml").read_text())["collections"]
    this = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text())
    assert entry["name"] == f"{this['namespace']}.{this['name']}"
    assert entry["version"] == f">={this['version']}"


# What is stored


def test_an_update(account: Any, source: Callable[..., Source]) -> None:
    odd = account.insert(name="odd", hostname=HOSTILE, status="active")
    update = source().update()
    document = imported(update)
    assert account.token not in update.output and account.token not in json.dumps(document)
    variables = document["_meta"]["hostvars"]
    assert not any(marked(value) for name, value in variables.items() if name != "odd")
    assert plain(variables["odd"]["vps_hostname"]) == HOSTILE
    inventory = stored(update)
    assert enabled(inventory) == ["odd", "web-0001", "web-0003", "web-0005"]
    assert {host.variables["vps_id"] for host in inventory.hosts.values()} == {
        odd,
        *(server["id"] for server in account.servers()),
    }
    assert inventory.groups["location_us_west"].hosts == {"web-0001", "web-0003", "web-0005", "odd"}
    assert inventory.groups["status_stopped"].hosts == {"web-0002", "web-0004", "web-0006"}
    # The user is that of the machine credential.
    assert not any("ansible_user" in host.variables for host in inventory.hosts.values())
    # No request beyond what the list takes, and none that writes.
    assert {request["method"] for request in account.requests()} == {"GET"}


def test_every_field_of_the_credential(account: Any, source: Callable[..., Source]) -> None:
    inputs = {
        "api_timeout": "20",
        "api_retries": "0",
        "api_retry_max_delay": "5",
        "ca_certificates": CERTIFICATES,
        "insecure": True,
    }
    update = source(inputs=inputs).update()
    assert len(imported(update)["_meta"]["hostvars"]) == 6
    assert "validate_certs is off" in update.words()


def test_hosts_are_the_same_in_every_update(account: Any, source: Callable[..., Source]) -> None:
    """Whatever the order of the API's lists; and what happens to servers happens to their hosts only."""
    inventory = StoredInventory()
    updating = source()
    inventory.load(imported(updating.update()))
    before = {name: host.pk for name, host in inventory.hosts.items()}
    ids = {server["name"]: server["id"] for server in account.servers()}

    account.configure(order="desc")
    inventory.load(imported(updating.update()))
    assert {name: host.pk for name, host in inventory.hosts.items()} == before

    account.change(ids["web-0002"], status="active")
    account.change(ids["web-0003"], name="db-01")
    account.remove(ids["web-0004"])
    namesake = account.insert(name="web-0005", status="active")
    inventory.load(imported(updating.update()))
    same = {"web-0001", "web-0002", "web-0006"}
    assert set(inventory.hosts) == {*same, "db-01", f"web-0005-{ids['web-0005']}", f"web-0005-{namesake}"}
    assert {name: inventory.hosts[name].pk for name in same} == {name: before[name] for name in same}
    assert inventory.hosts["web-0002"].enabled and not inventory.hosts["web-0006"].enabled
    assert inventory.groups["status_stopped"].hosts == {"web-0006"}
    assert inventory.hosts["db-01"].variables["vps_id"] == ids["web-0003"]
    numbers = [host.variables["vps_id"] for host in inventory.hosts.values()]
    assert len(set(numbers)) == len(numbers)


def test_without_overwrite_what_is_gone_stays(account: Any, source: Callable[..., Source]) -> None:
    """Why the guide says to tick the two boxes."""
    inventory = StoredInventory(overwrite=False, overwrite_vars=False)
    updating = source()
    inventory.load(imported(updating.update()))
    first, second = (server["id"] for server in account.servers()[:2])
    account.remove(first)
    account.change(second, status="active")
    inventory.load(imported(updating.update()))
    assert "web-0001" in inventory.hosts
    assert "web-0002" in inventory.groups["status_stopped"].hosts & inventory.groups["status_active"].hosts


def test_limit(source: Callable[..., Source]) -> None:
    document = imported(source(limit="location_us_west:!web-0001").update())
    assert sorted(document["_meta"]["hostvars"]) == ["web-0003", "web-0005"]
    inventory = StoredInventory()
    inventory.load(document)
    assert set(inventory.hosts) == {"web-0003", "web-0005"}


def test_source_variables(source: Callable[..., Source]) -> None:
    """They are environment variables; those of the credential override them, even if its fields are empty."""
    chosen = source(source_vars={"STAGE": "staging", "VPS_API_RETRIES": "many"})
    path = chosen.project / "inventory" / "vps.yml"
    path.write_text(path.read_text() + "group: \"{{ lookup('ansible.builtin.env', 'STAGE') }}\"\n")
    assert "staging" in imported(chosen.update())


# What jobs see


def seen(cli: AnsibleCli, inventory: pathlib.Path) -> dict[str, Any]:
    """What a play in the project sees of each host: its groups, and its variables from the source but for those that
    differ on each read.
    """
    show = {"names": "{{ group_names }}", "variables": "{{ hostvars[inventory_hostname] }}"}
    play = {
        "name": "Look",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"name": "Show", "ansible.builtin.debug": {"msg": show}}],
    }
    outcome = cli.playbook([play], inventory=inventory, rc=0, env={"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")})
    return {
        entry.host: (
            entry.result["msg"]["names"],
            {
                name: value
                for name, value in entry.result["msg"]["variables"].items()
                if name.startswith(OF_THE_SOURCE) and name != "vps_resource_usage"
            },
        )
        for entry in outcome.results
    }


def test_jobs_see_what_a_play_with_the_file_sees(
    account: Any, source: Callable[..., Source], ansible_cli: AnsibleCli, tmp_path: pathlib.Path
) -> None:
    account.insert(name="odd", hostname=HOSTILE, status="active", location="us-west")
    account.insert(name="modern", ip_address=None, status="active")
    account.insert(name="bare", ip_address=None, ipv6_address=None, status="active")
    (tmp_path / "inventory").mkdir()
    stored(source().update()).write_job_script(tmp_path / "inventory" / "hosts")
    in_jobs, in_plays = seen(ansible_cli, tmp_path / "inventory"), seen(ansible_cli, PROJECT / "inventory" / "vps.yml")
    assert in_jobs == {name: facts for name, facts in in_plays.items() if facts[1]["vps_status"] == "active"}
    assert in_jobs["odd"][1]["vps_hostname"] == HOSTILE
    assert ":" in in_jobs["modern"][1]["ansible_host"]
    assert "vps_no_address" in in_jobs["bare"][0] and "ansible_host" not in in_jobs["bare"][1]


# What goes wrong

NO_COLLECTION = "specifies unknown plugin 'vpsorg.cloud.vps'"


def assert_failed(update: Update, told: str) -> None:
    """A sentence is among the last lines of the output, above what Ansible itself ends with."""
    assert update.status == "failed" and update.document is None
    assert told in update.words(last=25), update.output


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"api_token": ""}, "No API token was given: set the option api_token or"),
        ({"api_token": "vps_revoked"}, "HTTP 401: Invalid token. The token is not accepted: check api_token"),
        ({"api_url": "https://api.invalid/api/v1", "api_retries": "0"}, "could not be resolved (check api_url and"),
        ({"api_url": "http://admin.vps.org/api/v1"}, "Use https. It must look like https://"),
        ({"api_url": "admin.vps.org/api/v1"}, "api_url must begin with https://"),
        ({"api_timeout": "ten"}, "api_timeout must be a number, got 'ten'."),
        ({"ca_certificates": "certificate.pem"}, "contains no certificate in PEM format"),
    ],
)
def test_wrong_credentials(account: Any, source: Callable[..., Source], inputs: dict[str, Any], told: str) -> None:
    update = source(inputs=inputs).update()
    assert_failed(update, told)
    assert not any(secret in update.output for secret in ("vps_revoked", account.token))
    assert all(request["status"] == 401 for request in account.requests())


def test_no_credential(source: Callable[..., Source]) -> None:
    assert_failed(source(credential=False).update(), "in AWX by choosing a credential of the type VPS.org")


def test_a_wrong_path(account: Any, source: Callable[..., Source]) -> None:
    update = source(inputs={"api_url": f"{account.url}/api"}).update()
    assert_failed(update, "The API knows no such address: check api_url.")


def test_https_where_there_is_none(account: Any, source: Callable[..., Source]) -> None:
    url = account.url.replace("http://", "https://")
    update = source(inputs={"api_url": url, "api_retries": "0"}).update()
    assert_failed(update, "the TLS connection failed (check api_url and the network).")


def test_a_web_page(source: Callable[..., Source]) -> None:
    with web_page() as url:
        assert_failed(source(inputs={"api_url": url, "api_retries": "0"}).update(), "or a wrong api_url?)")


@contextlib.contextmanager
def web_page() -> Iterator[str]:
    """A web server that answers everything with a page; its URL."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.mark.parametrize("verbosity", [0, 1])
def test_a_name_that_the_plugin_does_not_take(source: Callable[..., Source], verbosity: int) -> None:
    wrong = source(source_path="inventory/servers.yml", verbosity=verbosity)
    (wrong.project / "inventory" / "vps.yml").rename(wrong.project / "inventory" / "servers.yml")
    assert_failed(wrong.update(), "must end in vps.yml, vps.yaml, vpsorg.yml, or vpsorg.yaml. Rename it.")


# What Ansible says itself, and docs/docsite/rst/troubleshooting.rst explains: no plugin of this collection is asked.


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("servers", "Plugin configuration YAML file, not YAML inventory"),
        ("vps.yml.txt", "Unable to parse"),
    ],
)
def test_a_name_that_is_not_one_of_yaml(source: Callable[..., Source], name: str, told: str) -> None:
    wrong = source(source_path=f"inventory/{name}")
    (wrong.project / "inventory" / "vps.yml").rename(wrong.project / "inventory" / name)
    assert_failed(wrong.update(), told)
    assert_explained(told)


def test_a_file_that_is_not_there(source: Callable[..., Source]) -> None:
    told = "inventory source not existing or not being readable"
    assert_failed(source(source_path="vps.yml").update(), told)
    assert_explained(told)


def test_no_collection(source: Callable[..., Source]) -> None:
    """Neither in the execution environment nor installed by the project's update."""
    assert_failed(source(in_image=False).update(), NO_COLLECTION)
    assert_explained("specifies unknown plugin")


def test_a_limit_that_fits_no_host(source: Callable[..., Source]) -> None:
    told = "Could not match supplied host pattern"
    assert_failed(source(limit="location_mars").update(), told)
    assert_explained(told)


def assert_explained(told: str) -> None:
    """The page about messages has an entry, among those for messages of Ansible."""
    page = (GUIDES / "troubleshooting.rst").read_text(encoding="utf-8")
    patterns = [pattern for entry in entries(page) if "Ansible" in entry.section for pattern in entry.patterns]
    assert any(told in pattern for pattern in patterns), told
