# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages that users may meet, collected from the code of plugins and the tasks of roles; and the entries of
docs/docsite/rst/troubleshooting.rst, which explain them. A pattern of an entry covers a message if it is a part of it.

No data flow is followed: every text in the code that is long enough to be a sentence counts as a message, wherever it
goes, and so does every text that is handed to an exception or a warning, however short. What is none of these is listed
by the test, with a reason.
"""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping

import yaml

from helpers.documents import name_of
from sandbox.isolation import REPOSITORY

VARIES = "…"
# Fewer words than these don't make a message, but for a text that is handed to one of MESSAGE_TAKERS.
SENTENCE = 3
MESSAGE_TAKERS = re.compile(
    r"\w*(?:Error|Failure|Response|Input|Reached|Outcome|Cancelled|Interrupt)|warn|warning|fail_json"
)
DOCUMENTATION = re.compile(r"DOCUMENTATION|EXAMPLES|RETURN")
# What a task of a role says when it fails: the module, and its option.
ROLE_MESSAGES = {"ansible.builtin.assert": "fail_msg", "ansible.builtin.fail": "msg"}

_WORD = re.compile(r"[A-Za-z][\w'-]+")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_JINJA_TEXT = re.compile(r"'([^']*)'")
_PERCENT = re.compile(r"%(?:\(\w+\))?[sdr]")
_ENTRY_LINE = re.compile(r"(?:- |- \| |  \| )``([^`]+)``")


@dataclasses.dataclass(frozen=True)
class Message:
    """A text of the code, `…` for what varies. `scope`: the class and the function in which it stands, if any."""

    text: str
    file: pathlib.Path
    line: int
    scope: str = ""

    @property
    def place(self) -> str:
        """`plugins/lookup/answering.py::LookupModule.run`"""
        return f"{name_of(self.file)}::{self.scope}"

    def __str__(self) -> str:
        return f"{name_of(self.file)}:{self.line}: `{self.text}`"


def messages() -> list[Message]:
    """All messages of the collection, in the order of files and lines."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "plugins").rglob("*.py"))}
    constants = text_constants(sources.values())
    found = [message for path, source in sources.items() for message in messages_of_python(source, path, constants)]
    for path in sorted((REPOSITORY / "roles").glob("*/tasks/**/*.yml")):
        found += messages_of_tasks(path.read_text(encoding="utf-8"), path)
    return found


def words(text: str) -> int:
    """How many words the fixed part of a text has."""
    return len(_WORD.findall(text))


def text_constants(sources: Iterable[str]) -> dict[str, str]:
    """The texts that modules give to names in capitals: what `f"{INTERRUPTED} before"` is made of. A name with two
    meanings is left out.
    """
    values: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name) and target.id.isupper() and isinstance(node.value.value, str):
                        values.setdefault(target.id, set()).add(node.value.value)
    return {name: texts.pop() for name, texts in values.items() if len(texts) == 1}


def messages_of_python(source: str, file: pathlib.Path, constants: Mapping[str, str]) -> list[Message]:
    """The messages in a Python file, in the order of lines."""
    collector = _Collector(file, constants)
    collector.visit(ast.parse(source))
    return sorted(collector.found, key=lambda message: message.line)


class _Collector(ast.NodeVisitor):
    def __init__(self, file: pathlib.Path, constants: Mapping[str, str]) -> None:
        self.found: list[Message] = []
        self._file, self._constants = file, constants
        self._scope: list[str] = []
        self._handed_over = False  # to an exception or a warning, by the call that is being visited

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def _inside(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self._scope.append(node.name)
        self.generic_visit(node)
        self._scope.pop()

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a documentation string
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if not any(DOCUMENTATION.fullmatch(name) for name in names) and self._file.parent.name != "doc_fragments":
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re":
            return  # a regular expression
        self.visit(node.func)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self._handed_over = MESSAGE_TAKERS.fullmatch(called) is not None
            self.visit(argument)
            self._handed_over = False

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._add(node, "".join(self._part(part) for part in node.values))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self._handed_over = False
                self.visit(part.value)

    def _part(self, part: ast.expr) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value)
        value = part.value if isinstance(part, ast.FormattedValue) else part
        return self._constants.get(value.id, VARIES) if isinstance(value, ast.Name) else VARIES

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add(node, _PERCENT.sub(VARIES, node.value))

    def _add(self, node: ast.expr, text: str) -> None:
        text = tidy(text)
        if " " in text and words(text) >= (1 if self._handed_over else SENTENCE):
            self.found.append(Message(text, self._file, node.lineno, ".".join(self._scope)))


def tidy(text: str) -> str:
    """A text on one line, with one `…` for neighbours that vary."""
    return re.sub(f"{VARIES}{{2,}}", VARIES, " ".join(text.split()))


def messages_of_tasks(source: str, file: pathlib.Path) -> list[Message]:
    """The messages with which the tasks of a role fail; the texts inside their templates as messages of their own."""
    found = []
    for node in _mappings(yaml.compose(source)):
        for key, options in node.value:
            option = ROLE_MESSAGES.get(key.value)
            if option is None or not isinstance(options, yaml.MappingNode):
                continue
            for name, value in options.value:
                if name.value == option:
                    texts = [_JINJA.sub(VARIES, value.value)]
                    texts += [text for part in _JINJA.findall(value.value) for text in _JINJA_TEXT.findall(part)]
                    found += [
                        Message(tidy(text), file, name.start_mark.line + 1) for text in texts if words(text) >= SENTENCE
                    ]
    return found


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _key, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the page says about some messages: their fixed parts, and the explanation. `section`: its heading."""

    patterns: tuple[str, ...]
    explanation: str
    section: str
    line: int


def entries(page: str) -> list[Entry]:
    """The entries of a page: items of a list that begin with patterns in double backticks, as a line block if there
    are several, and go on with an explanation after an empty line. ValueError for an item of another form.
    """
    found, section, lines = [], "", page.splitlines()
    for number, line in enumerate(lines, 1):
        if number < len(lines) and re.fullmatch("-{3,}", lines[number]):
            section = line
        elif line.startswith("- "):
            end = next((at for at in range(number, len(lines)) if not re.match(r"  |$", lines[at])), len(lines))
            item = lines[number - 1 : end]
            patterns: list[str] = []
            for part in item:
                match = _ENTRY_LINE.fullmatch(part)
                if match is None:
                    break
                patterns.append(match[1])
            explanation = " ".join(" ".join(item[len(patterns) :]).split())
            if not patterns or item[len(patterns) : len(patterns) + 1] != [""] or not explanation:
                raise ValueError(
                    f"line {number}: not an entry: patterns in double backticks, an empty line, an explanation"
                )
            found.append(Entry(tuple(patterns), explanation, section, number))
    return found


def is_specific(pattern: str, texts: Iterable[str]) -> bool:
    """Whether a pattern says enough to find a message by it: a sentence, or the two words with which one begins. A
    shorter one would match messages that nobody has thought of.
    """
    return words(pattern) >= SENTENCE or (words(pattern) > 1 and any(text.startswith(pattern) for text in texts))
