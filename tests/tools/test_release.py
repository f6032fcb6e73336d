# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make release` in scratch repositories: what it makes, and that it changes nothing when it refuses or fails."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile

import pytest
import yaml

from helpers.package import copy_repository

BADGE = "docs/docsite/rst/images/badge_version.svg"
FRAGMENT = pathlib.Path("changelogs", "fragments", "some.yml")
LAST = "1.4.2"
IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
MAJOR = ("breaking_changes", "removed_features")
MINOR = ("deprecated_features", "major_changes", "minor_changes")
PATCH = ("bugfixes", "known_issues", "security_fixes", "trivial")
PLACES = (
    "galaxy.yml",
    "plugins/module_utils/_client/exchange.py",
    "extensions/awx/requirements.yml",
    "extensions/awx/project/collections/requirements.yml",
)


def git(repository: pathlib.Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *IDENTITY, *words], cwd=repository, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.rstrip()


def commit(repository: pathlib.Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "Change")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """This repository as it would be after the release 1.4.2, with one fragment and one new filter, which 1.5.0 may
    bring.
    """
    repository = copy_repository(tmp_path_factory.mktemp("prepared") / "repository")
    version = yaml.safe_load((repository / "galaxy.yml").read_text())["version"]
    for name in PLACES:
        text = (repository / name).read_text()
        assert text.count(version) == 1, name
        (repository / name).write_text(text.replace(version, LAST))
    changelog = yaml.safe_load((repository / "changelogs" / "changelog.yaml").read_text())
    known = [*changelog["releases"], LAST]
    changelog["releases"][LAST] = {"changes": {"bugfixes": ["a bug"]}, "release_date": "2026-01-02"}
    (repository / "changelogs" / "changelog.yaml").write_text(yaml.safe_dump(changelog))
    # What is not released yet in this repository was brought by that release.
    for path in [*repository.glob("plugins/*/*.py"), *repository.glob("roles/*/meta/argument_specs.yml")]:
        text = path.read_text()
        path.write_text(
            re.sub(
                r"version_added: ([0-9.]+)",
                lambda found: found[0] if found[1] in known else f"version_added: {LAST}",
                text,
            )
        )
    filters = repository / "plugins" / "filter"
    text = re.sub("version_added: [0-9.]+", "version_added: 1.5.0", (filters / "named_like.py").read_text())
    (filters / "alike.py").write_text(text.replace("named_like", "alike"))
    for path in (repository / FRAGMENT.parent).glob("*.yml"):
        path.unlink()
    (repository / FRAGMENT).write_text("minor_changes:\n  - vps_server - it can sing.\n")
    git(repository, "init", "--quiet", "--initial-branch", "main")
    commit(repository)
    return repository


@pytest.fixture
def repository(prepared: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    clone = tmp_path / "repository"
    git(prepared, "clone", "--quiet", str(prepared), str(clone))
    return clone


def release(repository: pathlib.Path, version: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run what `make release` runs, in a repository, as somebody whom git knows by the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for role in ("AUTHOR", "COMMITTER"):
        environment.update({f"GIT_{role}_NAME": "Somebody", f"GIT_{role}_EMAIL": "somebody@example.com"})
    return subprocess.run(
        [sys.executable, "tools/scripts/release.py", version],
        cwd=repository,
        env={**environment, **env},
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
    )


def state(repository: pathlib.Path) -> list[str]:
    """All that a release could have changed."""
    return [
        git(repository, *words.split())
        for words in ("for-each-ref", "symbolic-ref --quiet HEAD", "status --porcelain --untracked-files=all")
    ] + [
        git(repository, "worktree", "list"),
        *(path.name for path in (repository / "dist").glob("*")),
        # The content, which status would not show of a file that was changed before.
        *(
            path.read_text()
            for path in map(repository.joinpath, (*PLACES, "CHANGELOG.rst", "changelogs/changelog.yaml"))
        ),
    ]


# What it makes


def test_a_release(repository: pathlib.Path) -> None:
    # Lies about, and would be packed, though git ignores it.
    (repository / ".git" / "info" / "exclude").write_text("/plugins/modules/draft.py\n")
    (repository / "plugins" / "modules" / "draft.py").write_text("draft")
    before = git(repository, "rev-parse", "HEAD")
    done = release(repository, "1.5.0")
    assert done.returncode == 0, done.stderr
    for words in ("1.5.0", "dist/vpsorg-cloud-1.5.0.tar.gz", "git push --atomic origin main 1.5.0"):
        assert words in done.stdout
    assert git(repository, "branch", "--show-current") == "main"
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "log", "--format=%s %an", f"{before}..HEAD") == "Release 1.5.0 Somebody"
    assert git(repository, "cat-file", "-t", "1.5.0") == "tag"
    assert git(repository, "rev-parse", "1.5.0^{commit}") == git(repository, "rev-parse", "HEAD")
    assert git(repository, "worktree", "list").count("\n") == 0
    changed = set(git(repository, "diff", "--name-only", before, "HEAD").splitlines())
    assert changed == {*PLACES, BADGE, "CHANGELOG.rst", "changelogs/changelog.yaml", FRAGMENT.as_posix()}
    for name in (*PLACES, BADGE):
        text = (repository / name).read_text()
        assert "1.5.0" in text and LAST not in text, name
    assert not (repository / FRAGMENT).exists()
    entry = yaml.safe_load((repository / "changelogs" / "changelog.yaml").read_text())["releases"]["1.5.0"]
    assert entry["changes"] == {"minor_changes": ["vps_server - it can sing."]}
    assert [plugin["name"] for plugin in entry["plugins"]["filter"]] == ["alike"]
    notes = (repository / "CHANGELOG.rst").read_text()
    assert "- vps_server - it can sing.\n" in notes and notes.index("v1.5.0\n") < notes.index(f"v{LAST}\n")
    with tarfile.open(repository / "dist" / "vpsorg-cloud-1.5.0.tar.gz") as tar:
        names = tar.getnames()
        manifest, packed_notes = tar.extractfile("MANIFEST.json"), tar.extractfile("CHANGELOG.rst")
        assert manifest is not None and packed_notes is not None
        assert json.load(manifest)["collection_info"]["version"] == "1.5.0"
        assert packed_notes.read().decode() == notes
    assert "plugins/modules/vps_server.py" in names and "plugins/filter/alike.py" in names
    assert "plugins/modules/draft.py" not in names


def carry(repository: pathlib.Path, *sections: str) -> None:
    """Let there be one fragment, with these sections."""
    (repository / FRAGMENT).write_text("".join(f"{section}:\n  - vps_server - it sings.\n" for section in sections))


def released_in(repository: pathlib.Path, version: str) -> None:
    """Let the new filter be one of this release."""
    path = repository / "plugins" / "filter" / "alike.py"
    path.write_text(path.read_text().replace("version_added: 1.5.0", f"version_added: {version}"))


# What it refuses


def refused(repository: pathlib.Path, version: str, *reasons: list[str], **env: str) -> None:
    """Assert that a release is refused for these reasons, each given by words of it, and that it changes nothing."""
    before = state(repository)
    done = release(repository, version, **env)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("release: refused; nothing was changed\n") and "Traceback" not in done.stderr
    told = done.stderr.split("\n- ")[1:]
    assert len(told) == len(reasons), done.stderr
    for reason, words in zip(told, reasons, strict=True):
        assert [word for word in words if word not in reason] == [], done.stderr
    assert state(repository) == before


def test_no_version(repository: pathlib.Path) -> None:
    for version in ("", "1.5", "v1.5.0", "1.5.0-rc.1", "01.5.0", "1.5.0 "):
        refused(repository, version, [f"VERSION={version} is not a version such as 1.2.3"])


def test_no_newer_version(repository: pathlib.Path) -> None:
    for version in (LAST, "1.4.1", "1.3.9"):
        refused(repository, version, [f"VERSION={version} is not newer than {LAST}, the last release"])


def test_changed_file(repository: pathlib.Path) -> None:
    (repository / "README.md").write_text("changed")
    refused(repository, "1.5.0", ["not committed", " M README.md"])


def test_staged_file(repository: pathlib.Path) -> None:
    (repository / "README.md").write_text("changed")
    git(repository, "add", "README.md")
    refused(repository, "1.5.0", ["not committed", "M  README.md"])


def test_untracked_file(repository: pathlib.Path) -> None:
    (repository / "plugins" / "modules" / "new.py").write_text("new")
    refused(repository, "1.5.0", ["not committed", "?? plugins/modules/new.py"])


def test_other_branch(repository: pathlib.Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "topic")
    refused(repository, "1.5.0", ["the branch is topic, not main"])


def test_existing_tag(repository: pathlib.Path) -> None:
    git(repository, "tag", "1.5.0")
    refused(repository, "1.5.0", ["the tag 1.5.0 exists"])


def test_unknown_user(repository: pathlib.Path) -> None:
    nobody = {f"GIT_{role}_{part}": "" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    git(repository, "config", "user.useConfigOnly", "true")
    refused(repository, "1.5.0", ["user.name and user.email"], **nobody)


def test_no_fragment(repository: pathlib.Path) -> None:
    (repository / FRAGMENT).unlink()
    commit(repository)
    refused(repository, "1.5.0", ["no fragment in changelogs/fragments"])


def test_bad_fragment(repository: pathlib.Path) -> None:
    carry(repository, "novelties")
    commit(repository)
    refused(repository, "1.5.0", ["antsibull-changelog lint", "novelties"])


@pytest.mark.parametrize(("version", "sections"), [("2.0.0", (*MAJOR, *MINOR)), ("1.5.0", MINOR), ("1.4.3", PATCH)])
def test_what_a_release_may_carry(repository: pathlib.Path, version: str, sections: tuple[str, ...]) -> None:
    """Nothing speaks against it but the branch."""
    carry(repository, *sections)
    released_in(repository, LAST if version == "1.4.3" else version)
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "topic")
    refused(repository, version, ["the branch is topic"])


def test_what_needs_a_major_release(repository: pathlib.Path) -> None:
    carry(repository, *MAJOR)
    commit(repository)
    refused(repository, "1.5.0", *([f"{FRAGMENT}: {section} needs a major release"] for section in MAJOR))


def test_what_needs_a_minor_release(repository: pathlib.Path) -> None:
    carry(repository, *MINOR)
    released_in(repository, LAST)
    commit(repository)
    refused(repository, "1.4.3", *([f"{FRAGMENT}: {section} needs a minor release"] for section in MINOR))


@pytest.mark.parametrize(("added", "version"), [("1.5.0", "1.6.0"), ("2.0.0", "1.5.0"), ("1.4.3", "1.4.3")])
def test_new_in_another_version(repository: pathlib.Path, added: str, version: str) -> None:
    """The last one: a patch brings nothing new."""
    carry(repository, "bugfixes")
    released_in(repository, added)
    commit(repository)
    reason = f"plugins/filter/alike.py:12: what is new in {added} can't be released as {version}"
    refused(repository, version, [reason])


def test_places_that_disagree(repository: pathlib.Path) -> None:
    path = repository / PLACES[1]
    path.write_text(path.read_text().replace(LAST, "1.4.1"))
    commit(repository)
    refused(repository, "1.5.0", [f"{PLACES[1]}: the version should be {LAST}", "found: 1.4.1"])


def test_every_reason_is_named(repository: pathlib.Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "topic")
    (repository / "README.md").write_text("changed")
    done = release(repository, "1.4.3")
    assert done.returncode == 1
    for words in ("the branch is topic", "README.md", "needs a minor release", "what is new in 1.5.0"):
        assert words in done.stderr


# What fails in the middle


@pytest.mark.parametrize("place", ["changelog", "build", "branch"])
def test_failure_in_the_middle(repository: pathlib.Path, place: str) -> None:
    if place == "changelog":
        path = repository / "changelogs" / "config.yaml"
        path.write_text(path.read_text().replace("../CHANGELOG.rst", "../missing/CHANGELOG.rst"))
        commit(repository)
    elif place == "build":
        path = repository / "galaxy.yml"
        path.write_text(path.read_text().replace("namespace: vpsorg", "namespace: not a name"))
        commit(repository)
    else:
        # As another git does that is at work: the temporary work tree has an index of its own.
        (repository / ".git" / "index.lock").touch()
    before = state(repository)
    done = release(repository, "1.5.0")
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("release: failed; everything is as it was before\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert state(repository) == before
