# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the execution environment of extensions/awx with the collection of this working tree in it.

The build context is made as users make it. What the image would hold is installed into a virtual environment, stage by
stage as in the image, and nothing else; the demonstration and ansible-runner must work in it. Where a container engine
can start containers, the image is built, and both must work in it too.

CONTAINER_ENGINE: podman or docker, which must work then, or `none`. By default, the first of them that works, if any.
EE_BASE_IMAGE: the image to build on instead of the definition's.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# Started by its path: the folder itself must not shadow other modules, the one above holds the packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

import yaml

from ee.definition import COLLECTION, PATH, Definition
from ee.engine import EngineError, choose, is_wanted, why_no_container, write_commands
from emulator.handle import EmulatorError
from sandbox.isolation import REPOSITORY, isolate_environment
from sandbox.programs import new_emulator

FOLDER = REPOSITORY / ".cache" / "ee"
COLLECTIONS = FOLDER / "collections"
ENVIRONMENT = REPOSITORY / ".cache" / "venv-ee"
DEMO = REPOSITORY / "tools" / "demo"
PINS = REPOSITORY / "tools" / "requirements"
# The Python of the definition's base image first; then those that the same ansible-core runs on.
PYTHONS = ("3.13", "3.12", "3.14")
IMAGE = "vpsorg-ee"
# Where the image holds its collections.
IN_IMAGE = "/usr/share/ansible/collections"
PROGRAMS = ("ansible-galaxy", "ansible-inventory", "ansible-playbook", "ansible-runner", "python3")
SERVERS = 3
# Of Ansible, and of Python: the image's is newer than the one that the tests run on.
WARNING = re.compile(r"\[WARNING\]|\[DEPRECATION|\w+Warning: ")
# Seconds that one command may take; a build may fetch a base image.
LIMIT = 300.0
BUILD_LIMIT = 1200.0


class Failed(Exception):
    """A check has failed. The message says which, and what was found."""


class Check:
    """The checks in their order. `outside`: the environment of the user, with the home that pip and engines need."""

    def __init__(self, definition: Definition, outside: Mapping[str, str]) -> None:
        self._definition = definition
        self._outside = dict(outside)
        self._bin = pathlib.Path(sys.executable).parent

    def run(self) -> None:
        """All of them. Failed at the first that fails."""
        say(f"definition: {', '.join(self._definition.ansible_packages)} on {self._definition.base_image}")
        archive = self._build_archive()
        self._create_context(PATH, FOLDER / "published")
        variant = self._definition.with_archive(archive, self._outside.get("EE_BASE_IMAGE"))
        file, context = FOLDER / PATH.name, FOLDER / "context"
        file.write_text(yaml.safe_dump(variant))
        self._create_context(file, context)
        self._make_environment(archive)
        self._try_out("the environment", ENVIRONMENT / "bin", str(COLLECTIONS))
        self._check_image(context, str(variant["images"]["base_image"]["name"]))

    def _build_archive(self) -> pathlib.Path:
        _run([self._bin / "ansible-galaxy", "collection", "build", "--force", "--output-path", FOLDER, REPOSITORY])
        (archive,) = FOLDER.glob("*.tar.gz")
        return archive

    def _create_context(self, definition: pathlib.Path, context: pathlib.Path) -> None:
        command = [self._bin / "ansible-builder", "create", "--output-filename", "Containerfile"]
        _run([*command, "--file", definition, "--context", context])
        shown, made = definition.relative_to(REPOSITORY), context.relative_to(REPOSITORY)
        say(f"ansible-builder has made {made} from {shown}")

    def _make_environment(self, archive: pathlib.Path) -> None:
        """The stages of the image: Ansible, the collection, and what ansible-builder finds that it needs."""
        constraints = FOLDER / "constraints.txt"
        pins = [PINS / name for name in ("constraints.txt", "core-2.21.txt", "tools-tests.txt")]
        constraints.write_text("".join(path.read_text(encoding="utf-8") for path in pins))
        ansible, needs = FOLDER / "ansible.txt", FOLDER / "needs.txt"
        ansible.write_text("\n".join(self._definition.ansible_packages) + "\n")
        self._install(constraints, ansible)
        galaxy = [ENVIRONMENT / "bin" / "ansible-galaxy", "collection", "install", "--offline"]
        _run([*galaxy, "--collections-path", COLLECTIONS, archive])
        found = yaml.safe_load(_run([self._bin / "ansible-builder", "introspect", COLLECTIONS]))
        wanted = {"python": [f"{line}  # from collection {COLLECTION}" for line in collection_needs()], "system": []}
        if found != wanted:
            raise Failed(f"ansible-builder introspect finds {found}, but the collection needs {wanted}")
        say(f"the collection needs: {', '.join(collection_needs())}")
        needs.write_text("\n".join(found["python"]) + "\n")
        self._install(constraints, ansible, needs)
        say(f"the environment holds: {listed(packages(ENVIRONMENT / 'bin'))}")

    def _install(self, constraints: pathlib.Path, *files: pathlib.Path) -> None:
        find = [REPOSITORY / "tools" / "scripts" / "find_python.sh", *PYTHONS]
        python = _run(find, env=self._outside).strip()
        script = [python, REPOSITORY / "tools" / "scripts" / "environment.py", ENVIRONMENT]
        _run([*script, "--constraints", constraints, *files], env=self._outside, show_errors=True)

    def _try_out(self, where: str, programs: pathlib.Path, collections: str) -> None:
        """The collection is found where it should be, and the demonstration and ansible-runner work."""
        env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_CONFIG": str(DEMO / "ansible.cfg")}
        version = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))["version"]
        installed = json.loads(
            _run([programs / "ansible-galaxy", "collection", "list", "--format", "json"], env, FOLDER)
        )
        expected = {f"{collections}/ansible_collections": {COLLECTION: {"version": version}}}
        if installed != expected:
            raise Failed(f"in {where}, the collections should be {expected}, but they are {installed}")
        env.update(VPSORG_TEST_CORE_BIN=str(programs), VPSORG_TEST_COLLECTIONS=collections)
        env["PATH"] = f"{programs}{os.pathsep}{env.get('PATH', os.defpath)}"
        shown = _run([sys.executable, DEMO / "run.py"], env=env)
        (FOLDER / f"demo in {where}.log").write_text(shown)
        warnings = [line for line in shown.splitlines() if WARNING.search(line)]
        if warnings:
            raise Failed(f"the demonstration in {where} shows warnings: {warnings}")
        told = re.search(r"^All \d+ steps.*$", shown, re.MULTILINE)
        say(f"the demonstration in {where}: {told.group() if told else 'done'}")
        events = self._events_of_job(programs, env)
        results = [event["event_data"]["res"] for event in events if event["event"] == "runner_on_ok"]
        if [len(result["servers"]) for result in results if "servers" in result] != [SERVERS]:
            raise Failed(f"ansible-runner's job in {where} should have listed {SERVERS} servers: {results}")
        say(f"ansible-runner in {where}: a job has listed {SERVERS} servers")

    def _events_of_job(self, programs: pathlib.Path, env: Mapping[str, str]) -> list[dict[str, Any]]:
        """What becomes of a job that lists the servers and goes through a worker, as AWX's jobs do."""
        controller = ENVIRONMENT / "bin" / "ansible-runner"
        job, done = FOLDER / "job", FOLDER / "done"
        for folder in (job, done):
            shutil.rmtree(folder, ignore_errors=True)
        (job / "project").mkdir(parents=True)
        (job / "env").mkdir()
        shutil.copy(DEMO / "list.yml", job / "project")
        with new_emulator() as emulator:
            emulator.seed(SERVERS)
            variables = {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}
            variables["ANSIBLE_COLLECTIONS_PATH"] = env["ANSIBLE_COLLECTIONS_PATH"]
            (job / "env" / "envvars").write_text(json.dumps(variables))
            sent = _run([controller, "transmit", job, "--playbook", "list.yml", "--ident", "1"])
            returned = _run([programs / "ansible-runner", "worker"], env, FOLDER, given=sent)
            _run([controller, "process", done, "--ident", "1"], given=returned)
        return [json.loads(path.read_text()) for path in done.glob("artifacts/1/job_events/*.json")]

    def _check_image(self, context: pathlib.Path, base_image: str) -> None:
        """Build the image and try it out; say so where that can't be done."""
        try:
            engine = self._working_engine(base_image)
        except EngineError as error:
            if is_wanted(self._outside):
                raise Failed(str(error)) from error
            say(f"NO CONTAINER ENGINE: the image was not built, and nothing has run in it ({error})")
            return
        say(f"{engine} builds the image {IMAGE} on {base_image} ...")
        build = [engine, "build", "--network", "host", "--file", context / "Containerfile", "--tag", IMAGE, context]
        _run(build, env=self._outside, limit=BUILD_LIMIT)
        commands = FOLDER / "in-image"
        write_commands(commands, PROGRAMS, engine, IMAGE, {DEMO: "ro", FOLDER: "rw"}, self._outside)
        in_image, in_environment = packages(commands), packages(ENVIRONMENT / "bin")
        say(f"the image holds: {listed(in_image)}")
        missing = in_environment.keys() - in_image.keys()
        if missing:
            raise Failed(f"the environment holds more than the image: {', '.join(sorted(missing))}")
        self._try_out("the image", commands, IN_IMAGE)

    def _working_engine(self, base_image: str) -> str:
        """The engine that can start containers of the base image. EngineError if there is none."""
        engine = choose(self._outside)
        try:
            _run([engine, "image", "inspect", base_image], env=self._outside)
        except Failed:
            say(f"{engine} pulls {base_image} (EE_BASE_IMAGE names another, CONTAINER_ENGINE=none builds no image) ...")
            _run([engine, "pull", base_image], env=self._outside, limit=BUILD_LIMIT)
        reason = why_no_container(engine, base_image, self._outside)
        if reason:
            raise EngineError(reason)
        return engine


def collection_needs() -> list[str]:
    """The requirements that the collection states, in pip's notation."""
    lines = (REPOSITORY / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def packages(programs: pathlib.Path) -> dict[str, str]:
    """The Python packages, with their versions, of the python3 in a folder; pip itself is left out."""
    entries = json.loads(_run([programs / "python3", "-m", "pip", "list", "--format", "json"], cwd=FOLDER))
    versions = {re.sub(r"[-_.]+", "-", entry["name"]).lower(): entry["version"] for entry in entries}
    versions.pop("pip", None)
    return versions


def listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def say(text: str) -> None:
    print(f"ee: {text}", flush=True)


def _run(
    command: Sequence[str | pathlib.Path],
    env: Mapping[str, str] | None = None,
    cwd: pathlib.Path | None = None,
    limit: float = LIMIT,
    *,
    given: str = "",
    show_errors: bool = False,
) -> str:
    """The standard output of a command. Failed, with all that it has printed, if it fails or takes longer than `limit`.

    given: its standard input. show_errors: pass on its standard error at once, as of an installation that tells that it
    takes a while.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env=env,
            cwd=cwd,
            check=False,
            input=given,
            stdout=subprocess.PIPE,
            stderr=None if show_errors else subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=limit,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"`{shlex.join(words)}`: {error}") from error
    if done.returncode:
        printed = f"{done.stdout}{done.stderr or ''}"
        raise Failed(f"`{shlex.join(words)}` ended with code {done.returncode}:\n{printed}")
    return done.stdout


def main() -> int:
    outside = dict(os.environ)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    # Where the collection is installed. With a link to this repository, ansible-galaxy would have nothing to do.
    os.environ["VPSORG_TEST_COLLECTIONS"] = str(COLLECTIONS)
    try:
        isolate_environment(FOLDER)
        Check(Definition(), outside).run()
    except KeyboardInterrupt:
        return 130
    except (Failed, EmulatorError) as problem:
        print(f"ee FAILED: {problem}", file=sys.stderr)
        return 1
    say("all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
