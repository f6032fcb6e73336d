# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a controller's REST API, with the rules of AWX (24.6) that a registration can break.

The rules are read in AWX's source. It is stricter where AWX would silently do something else: it refuses fields that
it does not know and values of another type.
"""

from __future__ import annotations

import base64
import copy
import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from helpers.awx_fields import KINDS, UNIFIED
from helpers.awx_survey import problems_of_spec

ENCRYPTED = "$encrypted$"
RELATIONS = ("success_nodes", "failure_nodes", "always_nodes")
UPDATING = ("pending", "running")
Object = dict[str, Any]


class Refused(Exception):
    """A response that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def is_of(kind: type, value: Any) -> bool:
    """Whether a JSON value is of a type; a boolean, which Python counts among the integers, is none of them."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def bad(field: str, problem: str) -> Refused:
    return Refused(400, {field: [problem]})


class Store:
    """The objects of a controller, and the rules about them. `repositories`: the playbooks in each, by its address."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, Object]] = {kind: {} for kind in KINDS}
        self.surveys: dict[int, Object] = {}
        self.attached: dict[int, list[int]] = {}
        self.secrets: dict[int, Object] = {}
        self.repositories: dict[str, list[str]] = {}
        self.playbooks: dict[int, list[str]] = {}
        self._last_id = 0
        self.add("organizations", {"name": "Default"})

    def one(self, kind: str, name: str) -> Object:
        """The one object of a name or an identifier."""
        (found,) = [
            value for value in self.objects[kind].values() if name in (value.get("name"), value.get("identifier"))
        ]
        return found

    def get(self, kind: str, number: int) -> Object:
        if number not in self.objects[kind]:
            raise Refused(404, {"detail": "Not found."})
        return self.objects[kind][number]

    def unified(self, number: int | None) -> tuple[str, Object] | None:
        return next(((kind, self.objects[kind][number]) for kind in UNIFIED if number in self.objects[kind]), None)

    def add(self, kind: str, sent: Object) -> Object:
        """Create an object as a POST does."""
        for name in KINDS[kind].required:
            if sent.get(name) in (None, ""):
                raise bad(name, "This field is required.")
        value = {name: copy.deepcopy(field.default) for name, field in KINDS[kind].fields.items()}
        self._check(kind, None, value, sent)
        self._last_id += 1
        value = {"id": self._last_id, **value, **sent}
        if kind == "workflow_job_template_nodes":
            value.update({relation: [] for relation in RELATIONS})
        self.objects[kind][self._last_id] = value
        self._saved(kind, value, set(sent))
        return value

    def change(self, kind: str, number: int, sent: Object) -> Object:
        """Change an object as a PATCH does."""
        value = self.get(kind, number)
        for name in KINDS[kind].fixed:
            if name in sent and sent[name] != value[name]:
                raise bad(name, "This field can't be changed.")
        self._check(kind, number, value, sent)
        changed = {name for name in sent if sent[name] != value.get(name)}
        value.update(sent)
        self._saved(kind, value, changed)
        return value

    def _check(self, kind: str, number: int | None, value: Object, sent: Object) -> None:
        for name, new in sent.items():
            if name not in KINDS[kind].fields:
                raise bad(name, f"The stand-in knows no such field of {kind} that can be sent.")
            self._check_type(kind, name, new)
        new = {**value, **sent}
        RULES.get(kind, lambda *_: None)(self, new, value, number, sent)
        if kind == "job_templates":
            new["organization"] = self.get("projects", new["project"])["organization"]
        unique = KINDS[kind].unique
        for other in self.objects[kind].values():
            if unique and other["id"] != number and all(other[name] == new[name] for name in unique):
                raise Refused(400, {"__all__": [f"An object with this {' and '.join(unique)} already exists."]})

    def _check_type(self, kind: str, name: str, new: Any) -> None:
        field = KINDS[kind].fields[name]
        if new is None and field.default is None:
            return
        if isinstance(field.type, tuple):
            if not is_of(int, new):
                raise bad(name, f"Incorrect type. Expected pk value, received {type(new).__name__}.")
            if not any(new in self.objects[other] for other in field.type):
                raise bad(name, f'Invalid pk "{new}" - object does not exist.')
        elif not is_of(field.type, new):
            raise bad(name, f"Not a valid {field.type.__name__}.")
        elif field.choices and new not in field.choices:
            raise bad(name, f'"{new}" is not a valid choice.')

    def _saved(self, kind: str, value: Object, changed: set[str]) -> None:
        if kind == "job_templates":
            value["organization"] = self.get("projects", value["project"])["organization"]
        elif kind == "credentials":
            self._keep_secrets(value)
        elif kind == "projects" and changed & {"scm_url", "scm_branch", "scm_type", "scm_refspec"}:
            value["status"] = UPDATING[0]

    def _keep_secrets(self, value: Object) -> None:
        known = self.secrets.get(value["id"], {})
        fields = self.get("credential_types", value["credential_type"])["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        stored = {name: known.get(name) if new == ENCRYPTED else new for name, new in value["inputs"].items()}
        self.secrets[value["id"]] = stored
        value["inputs"] = {name: ENCRYPTED if name in secret else new for name, new in stored.items()}

    def look(self, project: Object) -> Object:
        """A project as a GET shows it; each look brings its update one step further."""
        shown = {"status": "never updated", **project}
        status = project.get("status")
        if status == UPDATING[-1]:
            files = self.repositories.get(project["scm_url"])
            project["status"] = "failed" if files is None else "successful"
            self.playbooks[project["id"]] = self.playbooks.get(project["id"], []) if files is None else list(files)
        elif status in UPDATING:
            project["status"] = UPDATING[UPDATING.index(status) + 1]
        return shown


def _credential(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    fields = {field["id"]: field for field in store.get("credential_types", new["credential_type"])["inputs"]["fields"]}
    for name, value in sent.get("inputs", {}).items():
        if name not in fields:
            raise bad("inputs", f"Additional properties are not allowed ('{name}' was unexpected)")
        if not is_of({"string": str, "boolean": bool}[fields[name].get("type", "string")], value):
            raise bad("inputs", f"{name} is of another type")
        if value == ENCRYPTED and number is None:
            raise bad("inputs", f"$encrypted$ is a reserved keyword, and cannot be used for {name}.")


def _credential_type(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    in_use = any(value["credential_type"] == number for value in store.objects["credentials"].values())
    if number and in_use and new["inputs"] != old["inputs"]:
        raise Refused(403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"})


def _inventory_source(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    if new["source"] == "scm" and new["source_project"] is None:
        raise bad("source_project", "Project required for scm type sources.")
    if new["source_project"] and not store.get("projects", new["source_project"])["scm_type"]:
        raise bad("source_project", "Cannot use manual project for SCM-based inventory.")


def _job_template(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    if new["playbook"] not in store.playbooks.get(new["project"], []):
        raise bad("playbook", "Playbook not found for project.")
    if new["inventory"] is None and not new["ask_inventory_on_launch"]:
        raise bad("inventory", "You must either set a default value or ask to prompt on launch.")


def _node(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    unified = store.unified(new["unified_job_template"])
    for name in ("job_type", "limit", "inventory", "verbosity"):
        if unified and new.get(name) is not None and not unified[1].get(f"ask_{name}_on_launch"):
            raise bad(name, "Field is not configured to prompt on launch.")


def _schedule(store: Store, new: Object, old: Object, number: int | None, sent: Object) -> None:
    if not re.fullmatch(r"DTSTART(;TZID=[^:]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)( RRULE:[^ ]+)+", new["rrule"]):
        raise bad("rrule", "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if any("INTERVAL=" not in rule for rule in re.findall(r"RRULE:\S+", new["rrule"])):
        raise bad("rrule", "INTERVAL required in rrule")
    _node(store, new, old, number, sent)


RULES: dict[str, Callable[[Store, Object, Object, int | None, Object], None]] = {
    "credentials": _credential,
    "credential_types": _credential_type,
    "inventory_sources": _inventory_source,
    "job_templates": _job_template,
    "workflow_job_template_nodes": _node,
    "schedules": _schedule,
}


class Controller:
    """The stand-in, listening on `url` while it is used as a context. `calls`: requests that were answered, as
    (method, path, body). `interfere`: called with each of them before it is answered; may raise Refused.
    """

    token = "controller-token-a7c1"
    user = "admin"
    password = "controller-password-x9"

    def __init__(self, prefix: str = "/api/v2") -> None:
        self.store = Store()
        self.prefix = prefix
        self.calls: list[tuple[str, str, Any]] = []
        self.interfere: Callable[[str, str], None] = lambda method, path: None
        self.lock = threading.Lock()

    def __enter__(self) -> Controller:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"controller": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def writes(self) -> list[tuple[str, str, Any]]:
        return [call for call in self.calls if call[0] != "GET"]

    def respond(self, method: str, target: str, authorization: str, body: Any) -> tuple[int, Any]:
        path, _mark, query = target.partition("?")
        with self.lock:
            try:
                basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
                if not path.startswith(f"{self.prefix}/") or not path.endswith("/"):
                    raise Refused(404, "<html>Not found</html>")
                if authorization not in (f"Bearer {self.token}", f"Basic {basic}"):
                    raise Refused(401, {"detail": "Authentication credentials were not provided."})
                self.calls.append((method, path, body))
                self.interfere(method, path)
                kind, *rest = path.removeprefix(f"{self.prefix}/").strip("/").split("/")
                if kind not in KINDS or len(rest) > 2 or (rest and not rest[0].isdigit()):
                    raise Refused(404, {"detail": "The requested resource could not be found."})
                if len(rest) == 2:
                    return self._related(method, kind, int(rest[0]), rest[1], body, query)
                return self._object(method, kind, [int(part) for part in rest], body, query)
            except Refused as refused:
                return refused.status, refused.body

    def _object(self, method: str, kind: str, rest: list[int], body: Any, query: str) -> tuple[int, Any]:
        if method == "GET" and rest:
            return 200, self._shown(kind, self.store.get(kind, rest[0]))
        if method == "GET":
            return 200, self._list(kind, query)
        if method == "POST" and not rest and kind not in ("workflow_approval_templates", "organizations"):
            return 201, self._shown(kind, self.store.add(kind, body))
        if method == "PATCH" and rest:
            return 200, self._shown(kind, self.store.change(kind, rest[0], body))
        raise Refused(405, {"detail": f'Method "{method}" not allowed.'})

    def _shown(self, kind: str, value: Object) -> Object:
        shown = self.store.look(value) if kind == "projects" else dict(value)
        summary: Object = {}
        if kind == "job_templates":
            attached = [self.store.get("credentials", number) for number in self.store.attached.get(value["id"], [])]
            summary["credentials"] = [{"id": one["id"], "name": one["name"], "kind": "cloud"} for one in attached]
        unified = self.store.unified(value.get("unified_job_template"))
        if unified:
            names = ("id", "name", "description", *(["timeout"] if unified[0] == "workflow_approval_templates" else []))
            summary["unified_job_template"] = {
                **{name: unified[1][name] for name in names},
                "unified_job_type": UNIFIED[unified[0]],
            }
        return {**shown, "type": kind.removesuffix("s"), "summary_fields": summary}

    def _list(self, kind: str, query: str) -> Object:
        filters = urllib.parse.parse_qsl(query, keep_blank_values=True)
        size = int(dict(filters).get("page_size", 25))
        either = [value for name, value in filters if name == "or__name"]
        values = [value for value in self.store.objects[kind].values() if not either or value["name"] in either]
        for name, wanted in filters:
            if name not in ("page_size", "or__name"):
                values = [value for value in values if self._read(kind, value, name) == wanted]
        more = f"{self.prefix}/{kind}/?page=2&page_size={size}" if len(values) > size else None
        shown = [self._shown(kind, value) for value in values[: min(size, 200)]]
        return {"count": len(values), "next": more, "previous": None, "results": shown}

    def _read(self, kind: str, value: Object, name: str) -> str:
        first, _mark, further = name.partition("__")
        if first not in KINDS[kind].fields and (kind, first) != ("job_templates", "organization"):
            raise Refused(400, {"detail": f"{kind} has no field named '{first}'"})
        if further:
            return str(self.store.get(f"{first}s", value[first])[further])
        return str(value[first])

    def _related(self, method: str, kind: str, number: int, what: str, body: Any, query: str) -> tuple[int, Any]:
        value = self.store.get(kind, number)
        if what == "survey_spec" and kind in ("job_templates", "workflow_job_templates"):
            return self._survey(method, number, body)
        if (method, kind, what) == ("GET", "projects", "playbooks"):
            return 200, self.store.playbooks.get(number, [])
        if (method, kind, what) == ("POST", "projects", "update"):
            value["status"] = UPDATING[0]
            return 202, {"project_update": 0}
        if (kind, what) == ("job_templates", "credentials"):
            return self._credentials(method, number, body, query)
        if (method, kind) == ("POST", "workflow_job_template_nodes") and what in RELATIONS:
            return self._edge(value, what, body)
        if (method, kind, what) == ("POST", "workflow_job_template_nodes", "create_approval_template"):
            approval = self.store.add("workflow_approval_templates", body)
            value["unified_job_template"] = approval["id"]
            return 201, approval
        raise Refused(404, {"detail": "Not found."})

    def _survey(self, method: str, number: int, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.store.surveys.get(number, {})
        problem = "; ".join(problems_of_spec(body or {}))
        if problem:
            raise Refused(400, {"error": problem})
        self.store.surveys[number] = body
        return 200, None

    def _credentials(self, method: str, number: int, body: Any, query: str) -> tuple[int, Any]:
        attached = self.store.attached.setdefault(number, [])
        if method == "GET":
            listed = self._list("credentials", query)
            listed["results"] = [one for one in listed["results"] if one["id"] in attached]
            return 200, {**listed, "count": len(listed["results"])}
        new = self.store.get("credentials", body["id"])
        if body.get("disassociate"):
            attached.remove(new["id"])
        elif new["id"] not in attached:
            types = [self.store.get("credentials", one)["credential_type"] for one in attached]
            if new["credential_type"] in types:
                raise Refused(400, {"error": "Cannot assign multiple VPS.org credentials."})
            attached.append(new["id"])
        return 204, None

    def _edge(self, node: Object, relation: str, body: Any) -> tuple[int, Any]:
        other = self.store.get("workflow_job_template_nodes", body["id"])
        if body.get("disassociate"):
            node[relation].remove(other["id"])
            return 204, None
        if any(other["id"] in node[name] for name in RELATIONS if name != relation):
            raise Refused(400, {"Error": "Relationship not allowed."})
        if self._reaches(other, node["id"]):
            raise Refused(400, {"Error": "Cycle detected."})
        node[relation] = sorted({*node[relation], other["id"]})
        return 204, None

    def _reaches(self, node: Object, number: int) -> bool:
        following = [other for relation in RELATIONS for other in node[relation]]
        nodes = self.store.objects["workflow_job_template_nodes"]
        return node["id"] == number or any(self._reaches(nodes[other], number) for other in following)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    controller: Controller

    def handle_any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, value = self.controller.respond(
            self.command, self.path, self.headers.get("Authorization") or "", json.loads(raw) if raw else None
        )
        page = isinstance(value, str)
        answer = b"" if value is None else value.encode() if page else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if page else "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def log_message(self, *args: Any) -> None:
        """Tests look at `calls` instead."""
