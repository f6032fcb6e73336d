# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a release: check that it may be made, and only then write the version and the changelog, commit, tag, and build
the archive from the tag.

    PYTHON tools/scripts/release.py VERSION

Run it with the Python of an environment that holds ansible-core and antsibull-changelog. Everything is made in a
temporary work tree of git; the branch moves only when commit, tag, and archive exist. So a failure changes nothing.
Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache"
BRANCH = "main"
FRAGMENTS = pathlib.Path("changelogs", "fragments")
# Where the version stands: one match each, whose first group is the version.
PLACES = {
    "galaxy.yml": r"^version: (\S+)$",
    "plugins/module_utils/_client/exchange.py": r'^VERSION = "(.+)"$',
    "extensions/awx/requirements.yml": r"^  - name: vpsorg\.cloud\n    version: (\S+)$",
    "extensions/awx/project/collections/requirements.yml": r'^  - name: vpsorg\.cloud\n    version: ">=(.+)"$',
}
VERSION_ADDED = re.compile(r"^ *version_added: [\"']?([0-9.]+)[\"']?$", re.MULTILINE)
# What Ansible allows in which release of a collection; everything else may be in any.
ONLY_IN_MAJOR = {"breaking_changes", "removed_features"}
NOT_IN_PATCH = {"major_changes", "minor_changes", "deprecated_features"}
REFUSED: dict[str, set[str]] = {"major": set(), "minor": ONLY_IN_MAJOR, "patch": ONLY_IN_MAJOR | NOT_IN_PATCH}
# Of the user's environment, what would lead the programs elsewhere.
FOREIGN_PREFIXES = ("ANSIBLE_", "PYTHON", "VIRTUAL_ENV")
FOREIGN_NAMES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"}


class ReleaseError(Exception):
    """A step failed; the text says which, and why."""


def numbers(version: str) -> tuple[int, ...]:
    """MAJOR.MINOR.PATCH as numbers, to compare versions by; ReleaseError for anything else, also for a pre-release."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise ReleaseError(f"VERSION={version} is not a version such as 1.2.3")
    return tuple(map(int, version.split(".")))


def run(*command: str | pathlib.Path, cwd: pathlib.Path = REPOSITORY) -> str:
    """The standard output of a program; raises ReleaseError with its output when it fails.

    Programs of this Python's environment come first, and no setting of Ansible counts that the user may have.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN_PREFIXES) and name not in FOREIGN_NAMES
    }
    environment["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    CACHE.mkdir(exist_ok=True)
    no_settings = CACHE / "no-ansible.cfg"
    no_settings.touch()
    environment.update(ANSIBLE_HOME=str(CACHE / "ansible-home"), ANSIBLE_CONFIG=str(no_settings), NO_COLOR="1")
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ReleaseError(f"{words[0]} can't be run: {error}") from error
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise ReleaseError(f"`{' '.join(words)}` ended with code {done.returncode}:\n{output}")
    return done.stdout


def git(*words: str | pathlib.Path, cwd: pathlib.Path = REPOSITORY) -> str:
    """The output of git, without the user's hooks: those of pre-commit would install the linters for the temporary work
    tree again.
    """
    return run("git", "-c", f"core.hooksPath={os.devnull}", *words, cwd=cwd).rstrip()


# The checks


def releases() -> list[str]:
    """The versions of the changelog."""
    return list(yaml.safe_load((REPOSITORY / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"])


def kind_of(wanted: str, last: str) -> str:
    """What the release is, seen from the last one: major, minor, or patch."""
    new, old = numbers(wanted), numbers(last)
    if new[0] != old[0]:
        return "major"
    return "minor" if new[1] != old[1] else "patch"


def check_repository(wanted: str) -> list[str]:
    problems = []
    branch = git("branch", "--show-current")
    if branch != BRANCH:
        problems.append(f"the branch is {branch or 'none'}, not {BRANCH}")
    changes = git("status", "--porcelain", "--untracked-files=all")
    if changes:
        problems.append(f"the tree has changes that are not committed:\n{changes}")
    if git("tag", "--list", wanted):
        problems.append(f"the tag {wanted} exists")
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        try:
            git("var", name)
        except ReleaseError:
            problems.append("git does not know who you are: set user.name and user.email")
            break
    return problems


def check_fragments(wanted: str, last: str) -> list[str]:
    """That there are some, that they are well-formed, and that the release may carry what they tell of."""
    paths = sorted(path for path in (REPOSITORY / FRAGMENTS).glob("*.y*ml") if not path.name.startswith("."))
    if not paths:
        return [f"there is no fragment in {FRAGMENTS}"]
    try:
        run("antsibull-changelog", "lint")
    except ReleaseError as error:
        return [str(error)]
    refused = REFUSED[kind_of(wanted, last)]
    problems = []
    for path in paths:
        sections = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for section in sorted(refused.intersection(sections)):
            needed = "major" if section in ONLY_IN_MAJOR else "minor"
            problems.append(f"{FRAGMENTS / path.name}: {section} needs a {needed} release after {last}")
    return problems


def check_version_added(wanted: str, last: str) -> list[str]:
    """That every plugin and option is said to be new in a release that there is, or in this one, if it may have any."""
    known = set(releases())
    if kind_of(wanted, last) != "patch":
        known.add(wanted)
    problems = []
    for path in sorted([*REPOSITORY.glob("plugins/*/*.py"), *REPOSITORY.glob("roles/*/meta/argument_specs.yml")]):
        text = path.read_text(encoding="utf-8")
        for found in VERSION_ADDED.finditer(text):
            if found[1] not in known:
                line = text.count("\n", 0, found.start()) + 1
                problems.append(
                    f"{path.relative_to(REPOSITORY)}:{line}: what is new in {found[1]} can't be released as {wanted}"
                )
    return problems


def check_places(last: str) -> list[str]:
    problems = []
    for name, pattern in PLACES.items():
        versions = re.findall(pattern, (REPOSITORY / name).read_text(encoding="utf-8"), re.MULTILINE)
        if versions != [last]:
            found = ", ".join(versions) or "none"
            problems.append(f"{name}: the version should be {last}, the last release; found: {found}")
    return problems


def problems_of(wanted: str) -> list[str]:
    """Everything that speaks against releasing this version."""
    last = max(releases(), key=numbers)
    if numbers(wanted) <= numbers(last):
        return [f"VERSION={wanted} is not newer than {last}, the last release"]
    return [
        *check_repository(wanted),
        *check_fragments(wanted, last),
        *check_version_added(wanted, last),
        *check_places(last),
    ]


# The steps


def write_version(tree: pathlib.Path, version: str) -> None:
    for name, pattern in PLACES.items():
        path = tree / name
        text = path.read_text(encoding="utf-8")
        found = re.search(pattern, text, re.MULTILINE)
        if found is None:
            raise ReleaseError(f"{name} has no place for the version")
        path.write_text(text[: found.start(1)] + version + text[found.end(1) :], encoding="utf-8")


def build(version: str, folder: pathlib.Path) -> pathlib.Path:
    """Build the archive of a tag in `folder`, from nothing but what the tag holds, and return its path."""
    source = folder / "source"
    source.mkdir()
    git("archive", "--format=tar", "--output", folder / "source.tar", f"refs/tags/{version}")
    run("tar", "-xf", folder / "source.tar", "-C", source)
    run("ansible-galaxy", "collection", "build", source, "--output-path", folder)
    return folder / f"vpsorg-cloud-{version}.tar.gz"


def release(version: str) -> pathlib.Path:
    """Make the release and return the path of its archive. Whatever is raised, nothing has changed."""
    archive = REPOSITORY / "dist" / f"vpsorg-cloud-{version}.tar.gz"
    head = git("rev-parse", "HEAD")
    with tempfile.TemporaryDirectory(prefix="release_") as name:
        folder = pathlib.Path(name)
        tree = folder / "tree"
        git("worktree", "add", "--quiet", "--detach", tree, "HEAD")
        try:
            write_version(tree, version)
            run(sys.executable, tree / "tools" / "pictures" / "badges.py", cwd=tree)
            run("antsibull-changelog", "release", "--version", version, cwd=tree)
            git("add", "--all", cwd=tree)
            git("commit", "--quiet", "--message", f"Release {version}", cwd=tree)
            git("tag", "--annotate", "--message", f"Release {version}", version, cwd=tree)
            built = build(version, folder)
            archive.parent.mkdir(exist_ok=True)
            # Not moved: the temporary folder may be on another file system.
            archive.write_bytes(built.read_bytes())
            git("merge", "--quiet", "--ff-only", f"refs/tags/{version}")
        except BaseException:
            # Once the branch has moved, the release is made.
            if git("rev-parse", "HEAD") == head:
                if git("tag", "--list", version):
                    git("tag", "--delete", version)
                archive.unlink(missing_ok=True)
                raise
        finally:
            git("worktree", "remove", "--force", tree)
    return archive


NEXT = """\
release: {version} is made, on this machine only: a commit on {branch}, the tag {version}, and {archive}
Next:
  git show --stat {version}             look at it
  .ci/run                          run every check on it
  git push --atomic origin {branch} {version}
On GitHub, the tag starts the workflow "Release", which builds the archive again and publishes it. Without it:
  ansible-galaxy collection publish {archive}
To take it back before it is pushed: git tag --delete {version} && git reset --hard HEAD~1 && rm {archive}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version")
    version = parser.parse_args().version
    try:
        problems = problems_of(version)
    except ReleaseError as error:
        problems = [str(error)]
    if problems:
        print("release: refused; nothing was changed", *problems, sep="\n- ", file=sys.stderr)
        return 1
    # As Ctrl-C does: all that was begun is taken back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        archive = release(version)
    except (ReleaseError, OSError, KeyboardInterrupt) as error:
        reason = str(error) or type(error).__name__
        print(f"release: failed; everything is as it was before\n{reason}", file=sys.stderr)
        return 1
    print(NEXT.format(version=version, branch=BRANCH, archive=archive.relative_to(REPOSITORY)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
