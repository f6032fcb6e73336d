# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files the inventory plugin takes, by their names, and what it says of those that only mean it."""

from __future__ import annotations

import pathlib

import pytest
from ansible.errors import AnsibleParserError
from ansible.plugins.loader import inventory_loader

CONTENT = "---\nplugin: vpsorg.cloud.vps\n"


def takes(path: pathlib.Path, content: str = CONTENT) -> bool:
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    taken = inventory_loader.get("vpsorg.cloud.vps").verify_file(str(path))
    assert isinstance(taken, bool)
    return taken


@pytest.mark.parametrize("name", ["vps.yml", "vps.yaml", "vpsorg.yml", "vpsorg.yaml", "shop.vps.yml", "my_vps.yaml"])
def test_names_that_are_taken(name: str, tmp_path: pathlib.Path) -> None:
    assert takes(tmp_path / name)
    assert takes(tmp_path / name, "plugin: amazon.aws.aws_ec2\n")


@pytest.mark.parametrize("name", ["servers.yml", "inventory.yaml", "hosts", "vps.yml.bak", "VPS.YML", "vps.json"])
@pytest.mark.parametrize(
    "content", [CONTENT, "plugin: 'vpsorg.cloud.vps'  # ours\n", '# hello\r\n\nplugin:  "vpsorg.cloud.vps"\r\n']
)
def test_misnamed_files(name: str, content: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(AnsibleParserError, match=r"must end in vps.yml, vps.yaml, vpsorg.yml, or vpsorg.yaml\. Rename"):
        takes(tmp_path / name, content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "plugin: amazon.aws.aws_ec2\n",
        "plugin: vpsorg.cloud.vpsx\n",
        "all:\n  vars:\n    plugin: vpsorg.cloud.vps\n",
        "web-01 plugin=vpsorg.cloud.vps\n",
        "\udcff\udcfe\n",
    ],
)
def test_files_of_others(content: str, tmp_path: pathlib.Path) -> None:
    assert not takes(tmp_path / "servers.yml", content)


def test_what_is_no_file(tmp_path: pathlib.Path) -> None:
    plugin = inventory_loader.get("vpsorg.cloud.vps")
    (tmp_path / "folder").mkdir()
    for path in ("localhost,", str(tmp_path / "missing.yml"), str(tmp_path / "folder")):
        assert not plugin.verify_file(path)
