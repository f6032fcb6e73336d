# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collections that are compared, each with an account and the settings that its documentation recommends."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from benchmark_peers import hetzner, vultr
from benchmark_peers.hetzner import HetznerAccount
from benchmark_peers.stand_in import TOKEN, StandIn
from benchmark_peers.vultr import VultrAccount

OURS = "vpsorg.cloud"
PEERS = ("hetzner.hcloud", "vultr.cloud")
EmulatorFactory = Callable[..., contextlib.AbstractContextManager[Any]]


class Requested(Protocol):
    """What tells which requests an account got."""

    def requests(self) -> Sequence[Any]:
        """Every request since the log was cleared."""

    def clear_requests(self) -> None:
        """Clear the log."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A collection, and an account that it is asked to work on.

    `task`: the action that declares the server named by the loop's item as the account has it; `source`: the settings
    of the inventory plugin, in a file whose name ends with `suffix`; `unset`: settings that `source` has only to give
    hosts an address, as the other plugins do by themselves.
    """

    name: str
    env: Mapping[str, str]
    account: Requested
    task: Mapping[str, Any]
    source: Mapping[str, Any]
    suffix: str
    unset: tuple[str, ...] = ()


@contextlib.contextmanager
def candidates(new_emulator: EmulatorFactory, names: Sequence[str]) -> Iterator[list[Candidate]]:
    """All of them, each with an account of servers of these names, which must be web-0001, web-0002 and so on."""
    with (
        new_emulator() as emulator,
        StandIn(HetznerAccount(names)) as hetzner_api,
        StandIn(VultrAccount(names)) as vultr_api,
    ):
        emulator.seed(len(names), plan_id=[1], os_id=[5], location=["us-west"])
        yield [
            Candidate(
                OURS,
                {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token},
                emulator,
                {"vpsorg.cloud.vps_server": {"name": "{{ item }}", "plan_id": 1, "os_id": 5, "location": "us-west"}},
                {"plugin": "vpsorg.cloud.vps"},
                ".vps.yml",
            ),
            Candidate(
                "hetzner.hcloud",
                {"HCLOUD_ENDPOINT": hetzner_api.url, "HCLOUD_TOKEN": TOKEN},
                hetzner_api,
                {
                    "hetzner.hcloud.server": {
                        "name": "{{ item }}",
                        "server_type": hetzner.SERVER_TYPE["name"],
                        "image": hetzner.IMAGE["name"],
                        "location": hetzner.LOCATION["name"],
                    }
                },
                {"plugin": "hetzner.hcloud.hcloud"},
                ".hcloud.yml",
            ),
            Candidate(
                "vultr.cloud",
                {"VULTR_API_ENDPOINT": vultr_api.url, "VULTR_API_KEY": TOKEN},
                vultr_api,
                {
                    "vultr.cloud.instance": {
                        "label": "{{ item }}",
                        "plan": vultr.PLAN,
                        "os": vultr.SYSTEMS[0]["name"],
                        "region": vultr.REGION,
                    }
                },
                # The plugin reads no environment variables. Its documentation advises larger pages for many instances,
                # and this `compose` for whoever can't reach an instance by its label.
                {
                    "plugin": "vultr.cloud.vultr",
                    "api_endpoint": vultr_api.url,
                    "api_key": TOKEN,
                    "api_results_per_page": vultr.MOST_PER_PAGE,
                    "compose": {"ansible_host": "vultr_main_ip"},
                },
                ".vultr.yml",
                unset=("compose",),
            ),
        ]


def server_names(count: int) -> list[str]:
    """The names that the emulator gives to the servers that it is seeded with."""
    return [f"web-{number:04d}" for number in range(1, count + 1)]
