# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/docsite/rst/troubleshooting.rst explains every message that users may meet, and none that is no longer there."""

from __future__ import annotations

from helpers.documents import GUIDES, headings, name_of
from helpers.messages import Entry, Message, entries, is_specific, messages

PAGE = GUIDES / "troubleshooting.rst"
# Its entries explain messages of ansible-core.
OF_ANSIBLE = "Messages of Ansible itself"

# Where texts stand that are no messages of their own; the beginning of `file::scope`.
NO_MESSAGES_IN = {
    "plugins/module_utils/_apply/planning.py::End": "the name of an end, for those who read the code",
    "plugins/module_utils/_client/retry_policy.py::Operation": "a row of the failure table, explained",
    "plugins/module_utils/_client/retry_policy.py::Proof": "a row of the failure table, explained",
    "plugins/module_utils/_client/retry_policy.py::Reaction": "a row of the failure table, explained",
    "plugins/module_utils/_client/retry_policy.py::FailureKind": "a row of the failure table, explained",
    "plugins/module_utils/_client/exchange.py::Http.__init__": "the User-Agent",
    "plugins/module_utils/_client/transport.py::Exchange": "is told in other words by _client/exchange",
    "plugins/module_utils/_client/api.py::Endpoint.path": "ids are checked before they get there",
    "plugins/module_utils/_server/status.py::Goal": "the end of a message about waiting",
    "plugins/lookup/answering.py::_Wait": "progress",
    "plugins/module_utils/_fleet/text.py::standing": "progress",
    "plugins/module_utils/_module/observer.py::TaskObserver.created": "a line of the system log",
    "plugins/plugin_utils/_inventory/construct.py::": "the name of a mode",
    "plugins/module_utils/_server/described.py": "names of types",
    "plugins/module_utils/_server/dialect.py": "a reason of vps_api_info, which says all there is to say",
    "plugins/module_utils/_server/differences.py": "a reason of vps_api_info, which says all there is to say",
    "plugins/module_utils/_server/words.py::about_words": "a reason of vps_api_info, which says all there is to say",
    "plugins/module_utils/_server/probe.py": "a finding of vps_api_info",
}
# Texts that users meet only inside other messages, or that are not shown as a problem.
PARTS = {
    "PROVES EFFECT READ": "the failure table",
    "Tunnel connection failed": "is compared with a message of urllib3",
    "The server's id is not known.": "a guard: plans that write know the id",
    "matches … and is not declared": "a reason in a plan",
    "no server has this name": "a reason in a plan",
    "And … more, see errors.": "the end of a list of failures",
    "its id is in errors": "a part of: The server that it was to replace",
    "left of the time limit": "a part of: The API asks to wait",
    "that a task without a time limit waits": "a part of: The API asks to wait",
    "of at least …": "a part of: must be a number of seconds",
    "It must look like": "the end of every message about api_url",
    "It must be a file of certificate authorities": "the end of every message about ca_path",
    "a datacenter code such as us-west": "a part of: must be …, got …",
    "a fully qualified domain name such as": "a part of: must be …, got …",
    "Specify the id of the one you mean": "the end of: There are … servers with this name",
    "active with an address": "the end of a message about waiting",
    "Did you mean": "a part of: Unknown option",
    "an empty one": "a part of: must be a list of",
    "none of them": "a part of: rolling_reboot_names must be names of exactly one server each",
    "another controller, user, or program": "a part of: has created a server named",
    "…: its id is …. The lowest id (…) …": "a part of: has created a server with this name",
    "…; the ids are in errors. The one with the lowest id …": "a part of: has created a server with this name",
    "…: ids …. …": "a part of: something else also created a server with this name",
    "…; the ids are in errors. …": "a part of: something else also created a server with this name",
    "Let the variable vpsorg_lock_dir name a folder": "the end of every message about the lock",
    ", or give the user a writable home directory": "the end of every message about the lock",
    "an API as the vendor's own clients": "a part of: by a uuid and not by an integer id",
    "without a known price": "a part of a plan's sentence",
    "true or false": "a part of: must be …, got …",
    "{% if … %}": "a template",
    "id ….": "what is wrong with the id has an entry",
}


def excused(message: Message) -> bool:
    """Whether a message needs no entry."""
    return any(message.place.startswith(place) for place in NO_MESSAGES_IN) or any(
        message.text.startswith(text) for text in PARTS
    )


def own_entries() -> list[Entry]:
    found = entries(PAGE.read_text(encoding="utf-8"))
    return [entry for entry in found if entry.section != OF_ANSIBLE]


def test_every_message_has_an_entry() -> None:
    """To mend it, write an entry, or add a line to the entry with the same meaning: the message's fixed part in
    backticks. What users never meet goes to NO_MESSAGES_IN or PARTS, with the reason.
    """
    patterns = [pattern for entry in own_entries() for pattern in entry.patterns]
    missing = [
        str(message)
        for message in messages()
        if not excused(message) and not any(pattern in message.text for pattern in patterns)
    ]
    assert not missing, f"{len(missing)} messages have no entry in {name_of(PAGE)}:\n" + "\n".join(missing)


def test_every_entry_has_a_message() -> None:
    texts = [message.text for message in messages()]
    stale = [
        f"{name_of(PAGE)}:{entry.line}: `{pattern}`"
        for entry in own_entries()
        for pattern in entry.patterns
        if not any(pattern in text for text in texts)
    ]
    assert not stale, f"{len(stale)} patterns match no message any more:\n" + "\n".join(stale)


def test_every_exception_is_needed() -> None:
    found = messages()
    unused = [place for place in NO_MESSAGES_IN if not any(message.place.startswith(place) for message in found)]
    unused += [text for text in PARTS if not any(message.text.startswith(text) for message in found)]
    assert not unused, "\n".join(unused)


def test_no_pattern_is_so_short_that_it_hides_new_messages() -> None:
    texts = [message.text for message in messages()]
    short = [pattern for entry in own_entries() for pattern in entry.patterns if not is_specific(pattern, texts)]
    assert short == []


def test_no_pattern_stands_in_two_entries() -> None:
    patterns = [pattern for entry in own_entries() for pattern in entry.patterns]
    assert sorted({pattern for pattern in patterns if patterns.count(pattern) > 1}) == []


def test_every_section_has_entries() -> None:
    """And an item of a list that is no entry does not get lost."""
    found = entries(PAGE.read_text(encoding="utf-8"))
    _title, *sections = headings(PAGE)
    assert sections and {entry.section for entry in found} == set(sections)
