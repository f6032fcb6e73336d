# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vps_api_info says of an account: that the collection can manage it only where no task is known to fail, and
nothing that a user would not show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import Call, Reply, VirtualTime, list_item, page, quickly, scripted_api, server_detail
from unit.probing import ACCOUNT, NOTHING, PLAN, THEIRS, UUID, api, probed

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import budget, concurrent
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.dialect import Answer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.probe import MOST_REQUESTS
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.report import report
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.words import (
    about_permissions,
    permissions_of,
    status_words,
)
from helpers.facts import mentions

CAN = "can manage it"
DOCUMENTED = {"plans": page([PLAN]), "account_me": Reply(200, ACCOUNT)}
HTML = Reply(200, b"<html>Sign in</html>")


def said(clock: VirtualTime, respond: Callable[[Call], Reply]) -> dict[str, Any]:
    return report(probed(clock, respond)[0])


def servers(*items: Any) -> Callable[[Call], Reply]:
    """An account that is as it is documented but for the items of its list."""
    return api(list(items), **DOCUMENTED)


def listed(reply: Reply, **others: Reply) -> Callable[[Call], Reply]:
    return api(reply, **{**DOCUMENTED, **others})


def test_an_account_without_a_difference(clock: VirtualTime) -> None:
    shown = said(clock, servers(list_item(101), list_item(102, ip_address=None)))
    assert shown["dialect"] == "documented" and CAN in shown["msg"]
    assert shown["reasons"] == ["The API identifies a server by an integer id, as it is documented."]


def test_an_id_that_is_text_of_digits_is_one(clock: VirtualTime) -> None:
    shown = said(clock, servers(list_item(101, id="101")))
    assert CAN in shown["msg"] and mentions(shown["reasons"], "id is str, not int")


@pytest.mark.parametrize(
    ("respond", "dialect", "facts"),
    [
        (servers({**list_item(), "id": UUID}), "unknown", ("text of a uuid",)),
        (servers({**list_item(), "id": "web"}), "unknown", ("type str",)),
        (servers({**list_item(), "id": None}), "unknown", ("type null",)),
        (servers({**list_item(), "id": 0}), "unknown", ("0 or negative",)),
        (servers({**list_item(), "id": True}), "unknown", ("type bool",)),
        (servers({**list_item(), "id": {"a": 1}}), "unknown", ("type object",)),
        (servers({"name": "web"}), "unknown", ("no id",)),
        (servers("web"), "unknown", ("no id",)),
        (servers({**THEIRS, "id": None}), "clients", ("uuid",)),
        (servers(THEIRS), "clients", ("uuid",)),
        (servers(list_item(101), {**list_item(), "id": None}), "documented", ("1 of 2 servers", "null")),
        (servers({"id": 101, "hostname": "web", "status": "active"}), "documented", ("name",)),
        (listed(Reply(200, [list_item(101), list_item(102)])), "documented", ("array",)),
        (listed(Reply(200, [])), "documented", ("array",)),
        (listed(Reply(200, {"results": [list_item(101)]})), "documented", ("no count",)),
        (listed(page([list_item(101)], count=2)), "documented", ("count of 2", "contains 1")),
        (listed(page([list_item(101)], next=7)), "documented", ("link to its next page",)),
        (listed(page([list_item(101)]), detail=NOTHING), "documented", ("/servers/{id}/", 404)),
        (listed(page([list_item(101)]), detail=HTML), "documented", ("/servers/{id}/", "HTML")),
        (listed(page([list_item(101)]), detail=Reply(200, {"server": server_detail(101)})), "documented", ("{id}",)),
        (listed(page([list_item(101)]), detail=Reply(200, server_detail(102))), "documented", ("{id}",)),
        (listed(page([list_item(101)]), plans=page([{"uuid": UUID}])), "documented", ("uuid", "/plans/")),
        (listed(page([]), plans=page([{"slug": "starter"}])), "unknown", ("a plan", "no id")),
        (listed(page([]), plans=page([{"uuid": UUID}])), "clients", ("a plan",)),
        (listed(NOTHING, plans=page([{"uuid": UUID}])), "clients", ("a plan",)),
        (listed(NOTHING), "unknown", (404, "api_url")),
    ],
)
def test_what_lets_tasks_fail(
    clock: VirtualTime, respond: Callable[[Call], Reply], dialect: str, facts: tuple[Any, ...]
) -> None:
    shown = said(clock, respond)
    assert shown["dialect"] == dialect and CAN not in shown["msg"], shown["msg"]
    assert mentions(shown["reasons"], *facts)
    if dialect == "documented":
        assert mentions(shown["msg"], *facts, "report")


@pytest.mark.parametrize(
    ("reply", "facts"),
    [
        (NOTHING, (404, "api_url", "/api/v1")),
        (Reply(301, b"", {"Location": "https://elsewhere.example/"}), (301, "redirect", "api_url")),
        (HTML, ("HTML", "api_url")),
        (Reply(200, b""), ("empty", "api_url")),
        (Reply(204, b""), (204, "api_url")),
        (Reply(200, {"detail": "Welcome"}), ("no list", "api_url")),
        (Reply(200, "hello"), ("no list", "api_url")),
        (Reply(403, {"detail": "no"}), (403, "token", "servers:read")),
        (Reply(403, b"<html>Forbidden</html>"), (403, "HTML", "proxy")),
        (Reply(429, b""), (429, "later")),
        (Reply(502, b"<html>Bad gateway</html>"), (502, "later")),
    ],
)
def test_where_there_is_no_list_of_servers(clock: VirtualTime, reply: Reply, facts: tuple[Any, ...]) -> None:
    """It is said what came, and what to check; not to create a server, and nothing of a count. Nor does it help that
    there are plans and an account.
    """
    for respond in (lambda _call: reply, listed(reply)):
        shown = said(clock, respond)
        assert shown["dialect"] == "unknown" and CAN not in shown["msg"]
        assert mentions(shown["msg"], "GET /servers/", *facts) and not mentions(shown["msg"], "control panel")
        assert not any("count" in reason for reason in shown["reasons"])


def test_an_empty_account(clock: VirtualTime) -> None:
    shown = said(clock, servers())
    assert CAN in shown["msg"] and mentions(shown["msg"], CAN, "without a server")


def test_an_html_page_is_no_path(clock: VirtualTime) -> None:
    assert said(clock, api([], account_me=HTML))["dialect"] == "unknown"
    assert said(clock, api([], locations=HTML))["dialect"] == "unknown"


def test_an_empty_account_that_tells_nothing(clock: VirtualTime) -> None:
    assert mentions(said(clock, api([]))["msg"], "no server", "control panel")
    assert mentions(said(clock, api([], plans=Reply(429)))["msg"], "/plans/", 429, "later")


@pytest.mark.parametrize(
    ("reply", "facts"),
    [
        (NOTHING, ("HTTP 404", "not there")),
        (Reply(403, {"detail": "no"}), ("HTTP 403", "lacks a permission")),
        (Reply(403, b"<html>no"), ("HTTP 403", "HTML")),
        (Reply(429), ("HTTP 429", "could not be asked now")),
        (Reply(500), ("HTTP 500", "could not be asked now")),
        (Reply(405), ("HTTP 405.",)),
        (HTML, ("HTML", "JSON")),
    ],
)
def test_what_another_path_gives_is_called_by_its_name(
    clock: VirtualTime, reply: Reply, facts: tuple[Any, ...]
) -> None:
    shown = said(clock, listed(page([list_item(101)]), plans=reply, account_me=reply))
    for path in ("/plans/", "/account/me/"):
        assert any(mentions(reason, f"GET {path}", *facts) for reason in shown["reasons"]), path
    assert CAN in shown["msg"] and not any("documented" in reason for reason in shown["reasons"][1:])


@pytest.mark.parametrize("status", [404, 429, 500])
def test_only_a_detail_is_compared_as_one(clock: VirtualTime, status: int) -> None:
    shown = said(clock, listed(page([list_item(101)]), detail=Reply(status, {"detail": "no"})))
    assert (CAN in shown["msg"]) is (status != 404)
    assert not any("lacks backups_enabled" in reason for reason in shown["reasons"])


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ({"os": 7}, ("os is int, not object",)),
        ({"plan": {"uuid": UUID}}, ("lacks", "plan.vcpus", "more", "plan.uuid")),
        ({"ip_address": ["203.0.113.1"]}, ("ip_address is list, not null or str",)),
        ({"plan": None}, ("plan is null, not object",)),
        ({"tags": []}, ("more than is documented", "tags")),
        ({"web-01": 1}, ("more than is documented", "keys that are not shown")),
        ({"status": None}, ("status is null, not str", "1 of 2 servers have no name or no status")),
    ],
)
def test_differences_of_servers(clock: VirtualTime, item: dict[str, Any], facts: tuple[str, ...]) -> None:
    rest = {**list_item(102), **{key: value for key, value in item.items() if key != "status"}}
    shown = said(clock, servers({**list_item(101), **item}, rest))
    about = [reason for reason in shown["reasons"] if "/servers/:" in reason]
    assert mentions(about, *facts) and CAN in shown["msg"]


@pytest.mark.parametrize(
    ("others", "facts"),
    [
        ({"plans": Reply(200, [PLAN])}, ("GET /plans/", "array", "No task can use")),
        ({"plans": Reply(200, {"plans": [PLAN]})}, ("GET /plans/", "not a list")),
        ({"plans": page([PLAN], count=2)}, ("GET /plans/", "count of 2")),
        ({"plans": page([{"slug": "x"}])}, ("GET /plans/", "without a positive integer id", "lacks id")),
        ({"plans": page([{**PLAN, "price_monthly": "5.00"}])}, ("price_monthly is str, not number",)),
        ({"plans": page([{**PLAN, "locations": [{"id": 1}]}])}, ("locations is a list of object, not of str",)),
        ({"plans": page([{**PLAN, "gpu": 1}])}, ("a plan has more", "gpu")),
        (
            {"account_me": Reply(200, {"account": {}, "token": {"permissions": ["*:*"]}})},
            ("account.email", "token.name"),
        ),
        ({"account_me": Reply(200, {"email": "jane@example.com"})}, ("/account/me/", "lacks account, token", "email")),
    ],
)
def test_differences_of_other_paths(clock: VirtualTime, others: dict[str, Reply], facts: tuple[str, ...]) -> None:
    shown = said(clock, listed(page([list_item(101)]), **others))
    assert mentions(shown["reasons"], *facts) and CAN in shown["msg"]


def test_sentences_stay_short(clock: VirtualTime) -> None:
    many = {f"extra_{letter}": 1 for letter in "abcdefghijklmnopqrstuvwxyz"}
    shown = said(clock, servers({**many, "id": 101}))
    assert len(shown["reasons"]) < 10 and max(map(len, shown["reasons"])) < 400
    assert mentions(shown["reasons"], "and 18 more")


def test_one_server_that_has_a_key_is_enough(clock: VirtualTime) -> None:
    without = {key: value for key, value in list_item(102).items() if key != "hostname"}
    assert not mentions(said(clock, servers(list_item(101), without))["reasons"], "hostname")


# What is shown of an account


def test_statuses_that_are_no_words_are_counted_only() -> None:
    odd = [
        {"status": status} for status in ("Invoice 12 of jane@example.com", "web-01.example.com", "a" * 31, "\x1b[31m")
    ]
    assert status_words([{"status": "active"}, *odd, {"status": 5}, None]) == {
        "active": {"servers": 1, "known": True},
        "other": {"servers": 4, "known": False},
    }
    many = [{"status": f"state{'ab'[number % 2] * (number // 2)}"} for number in range(50)]
    assert len(status_words(many)) == 21


@pytest.mark.parametrize(
    ("permissions", "shown"),
    [
        (["servers:*", "*:*", "ssh_keys:read"], ["servers:*", "*:*", "ssh_keys:read"]),
        ([{"owner": "jane"}, 7, "jane@example.com", "servers:12345"], ["4 others"]),
        (["servers:read", None], ["servers:read", "1 other"]),
        ([], []),
        ("servers:*", None),
    ],
)
def test_permissions_that_are_shown(permissions: Any, shown: list[str] | None) -> None:
    assert permissions_of(Answer(200, {"token": {"permissions": permissions}})) == shown


@pytest.mark.parametrize(
    ("permissions", "facts"),
    [
        (None, ()),
        (["*:*"], ()),
        (["servers:*"], ()),
        (["servers:read"], ("change", "servers:*")),
        (["*:read"], ("change",)),
        (["servers:read", "servers:write"], ()),
        (["servers:read", "1 other"], ()),
        (["dns:*"], ()),
    ],
)
def test_what_a_token_lacks(permissions: list[str] | None, facts: tuple[str, ...]) -> None:
    sentences = about_permissions(permissions)
    assert bool(sentences) is bool(facts) and mentions(" ".join(sentences), *facts)


def test_a_token_that_may_only_read(clock: VirtualTime) -> None:
    account = {**ACCOUNT, "token": {"name": "x", "permissions": ["servers:read"]}}
    shown = said(clock, listed(page([list_item(101)]), account_me=Reply(200, account)))
    assert shown["dialect"] == "documented" and CAN not in shown["msg"]


SECRETS = ("secretname", "secret-name", "secret.example", "203.0.113", "jane", UUID)


def test_no_value_of_an_account_is_shown(clock: VirtualTime) -> None:
    """Wherever it stands: in keys, statuses, permissions, errors."""
    nested = {"secretname": {"secret-name": 1}, UUID: "x"}
    item = {
        **list_item(101, name="secretname", hostname="secret.example"),
        "labels": nested,
        UUID: 1,
        "secret-name": nested,
    }
    account = {"account": {"email": "jane@example.com"}, "token": {"permissions": ["servers:*", "jane@example.com"]}}
    shown = said(
        clock,
        api(
            [{**item, "status": "secret.example"}],
            detail=Reply(200, {**server_detail(101), **item}),
            plans=Reply(404, nested),
            account_me=Reply(200, account),
            locations=Reply(200, nested),
            ssh_keys=page([{"uuid": UUID, "name": "jane", "labels": nested}]),
        ),
    )
    text = json.dumps(shown)
    assert not any(secret in text for secret in SECRETS), text


KNOWN = ("id", "uuid", "results", "count", "next", "plan", "os", "status", "token", "permissions", "account", "name")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["zq-1", "zq.example", UUID, "/?page=2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KNOWN, "zq-1", "zq1.example", "zq 2", "zq22"]), inner, max_size=5)
    ),
    max_leaves=20,
)
REPLIES = st.builds(Reply, st.sampled_from([200, 200, 200, 201, 204, 302, 400, 403, 404, 429, 500]), VALUES)


@quickly
@given(st.lists(REPLIES, min_size=1, max_size=6))
def test_whatever_comes_is_reported_without_its_values(replies: list[Reply]) -> None:
    clock = VirtualTime()
    sent: list[Call] = []

    def respond(call: Call) -> Reply:
        sent.append(call)
        return replies[(len(sent) - 1) % len(replies)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "time", clock)
        patched.setattr(concurrent, "wait_for", lambda event, seconds: event.wait(max(0.0, seconds)))
        shown = said(clock, respond)
    assert len(sent) <= MOST_REQUESTS and "zq" not in json.dumps(shown) and UUID not in json.dumps(shown)


ITEMS = st.fixed_dictionaries(
    {"name": st.just("web"), "status": st.just("active")},
    optional={
        "id": st.integers(-1, 5) | st.sampled_from([None, "7", UUID, True]),
        "uuid": st.sampled_from([UUID, None, 5]),
    },
)
LISTS = st.lists(ITEMS, max_size=3) | st.fixed_dictionaries(
    {"results": st.lists(ITEMS | st.none(), max_size=3)},
    optional={"count": st.integers(-1, 3) | st.none(), "next": st.sampled_from([None, "", "/?page=2", "nonsense", 5])},
)


@quickly
@given(LISTS, st.sampled_from([200, 400, 404]))
def test_where_the_collection_can_manage_an_account_a_task_can_read_its_list(value: Any, of_page_size: int) -> None:
    """And where it can't, no task can."""
    whole = listed(Reply(200, value))

    def respond(call: Call) -> Reply:
        is_odd = call.path == "/servers/" and dict(call.query).get("page_size")
        return Reply(of_page_size) if is_odd and of_page_size != 200 else whole(call)

    clock = VirtualTime()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "time", clock)
        patched.setattr(concurrent, "wait_for", lambda event, seconds: event.wait(max(0.0, seconds)))
        shown = said(clock, respond)
        api_of_tasks, _http = scripted_api(respond, clock, retries=0)
        try:
            api_of_tasks.list_servers()
        except VpsError:
            assert CAN not in shown["msg"] or shown["paging"]["page_size"] == "unknown"
        else:
            assert CAN in shown["msg"], shown
