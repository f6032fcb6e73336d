# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module inside the controller's worker process, with the result that the module path would give, to the letter.

A looped task pays 330-450 ms an item for packing a module, forking, starting a Python and importing; the same function
called here costs a few milliseconds. The module's own `main` runs, with arguments encoded, and its output decoded, by
the very code of ansible-core that does so for a separate process: only the transport in between is left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ansible import constants as C
from ansible.module_utils import basic
from ansible.module_utils.common import json as core_json
from ansible.module_utils.common import warnings as module_warnings
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalActionModule

try:  # once, when the plugin is loaded, before workers fork: forty tasks must not import it forty times
    import requests  # noqa: F401  # pylint: disable=unused-import

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

try:  # ansible-core 2.19 and newer
    from ansible.executor.module_common import _BuiltModule
    from ansible.module_utils import _internal as core_internal
    from ansible.module_utils._internal._ansiballz._loader import _handle_exception as _print_crash
    from ansible.module_utils.common.json import Direction, get_module_encoder

    HAS_PROFILES = True
except ImportError:  # 2.16 to 2.18
    HAS_PROFILES = False

from ..module_utils._apply.lock import FOLDER_IN_ENVIRONMENT, FOLDER_VARIABLE

# Before workers fork, like requests.
from ..module_utils._client.transport import Connections  # noqa: F401  # pylint: disable=unused-import
from ..module_utils._module import output
from ._cancellation import Cancellable
from ._elsewhere import Place, explained
from ._progress_lines import show, show_last
from ._run_once import run_once_problem

SWITCH = "vpsorg_in_process"
PROGRESS = "vpsorg_progress"
_PROFILE = "legacy"  # how ansible-core 2.19 and newer encode the arguments and results of ordinary modules
_DISCOVERING = frozenset({"auto", "auto_legacy", "auto_silent", "auto_legacy_silent"})


class InProcessActionModule(NormalActionModule):
    """The action plugin of a module: `MODULE` is the module's Python module, whose `main` is run. `WRITES`: whether it
    changes anything.
    """

    MODULE: ModuleType
    WRITES = True
    _here = False
    _lock_folder = ""
    _shows_progress = True
    _timed_out = False
    _module_args: dict[str, Any] = {}

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> Any:
        """Run the module, here where that is equivalent, else as ansible-core runs every module."""
        if self.WRITES and (problem := run_once_problem(self._task, (task_vars or {}).get("ansible_play_batch") or ())):
            return {"failed": True, "changed": False, "msg": problem}
        self._here = self._is_equivalent(task_vars or {})
        self._lock_folder = str(self._templar.template((task_vars or {}).get(FOLDER_VARIABLE)) or "")
        self._shows_progress = self._is_on(PROGRESS, task_vars or {})
        self._timed_out = False
        result = super().run(tmp, task_vars)
        if self._timed_out:
            result["timedout"] = {"period": self._task.timeout}  # as ansible-core 2.19 and newer return it
        if not self._here and result.get("failed") and isinstance(result.get("msg"), str):
            result["msg"] = explained(
                result["msg"],
                self._place(task_vars or {}),
                has_token=bool(os.environ.get("VPS_API_TOKEN")),
                has_requests=HAS_REQUESTS,
            )
        return result

    def _place(self, task_vars: Mapping[str, Any]) -> Place:
        transport = str(self._connection.transport)
        host = self._task.delegate_to or task_vars.get("inventory_hostname")
        become = getattr(self._connection, "become", None)
        user = None
        if become or self._play_context.become:
            user = become.get_option("become_user") if become else self._play_context.become_user
            user = str(user or "root")
        return Place(None if transport == "local" else str(host), transport, user)

    def _is_equivalent(self, task_vars: Mapping[str, Any]) -> bool:
        if (
            not HAS_REQUESTS
            or self._connection.transport != "local"
            or self._task.async_val
            or C.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES")
        ):
            return False
        if getattr(self._connection, "become", None) or self._play_context.become:
            return False
        if not self._is_on(SWITCH, task_vars):
            return False
        # What counts for a delegated task is the interpreter of the host that it is delegated to.
        delegate = self._task.delegate_to
        host_vars = task_vars.get("ansible_delegated_vars", {}).get(delegate, {}) if delegate else task_vars
        interpreter = host_vars.get("ansible_python_interpreter")
        if interpreter is None:
            interpreter = C.config.get_config_value("INTERPRETER_PYTHON", variables=dict(host_vars))
        interpreter = self._templar.template(interpreter)
        return (
            not interpreter
            or interpreter in _DISCOVERING
            or os.path.normpath(str(interpreter)) == os.path.normpath(sys.executable)
        )

    def _compute_environment_string(self, raw_environment_out: dict[str, Any] | None = None) -> Any:
        """The task's environment, and in it the folder for locks: a module, here or in a process, sees no variables."""
        environment = self._task.environment
        if self._lock_folder:
            outer = environment if isinstance(environment, list) else [environment] if environment else []
            self._task.environment = [*outer, {FOLDER_IN_ENVIRONMENT: self._lock_folder}]
        try:
            return super()._compute_environment_string(raw_environment_out)
        finally:
            self._task.environment = environment

    def _is_on(self, switch: str, task_vars: Mapping[str, Any]) -> bool:
        """Whether a variable that is true by default has not been set to anything else."""
        return bool(boolean(self._templar.template(task_vars.get(switch, True)), strict=False))

    # What ansible-core's _execute_module asks of an action plugin on the way to a module and back

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        return True if self._here else super()._is_pipelining_enabled(module_style, wrap_async)

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        if not self._here:
            return super()._configure_module(module_name, module_args, task_vars)
        self._module_args = module_args
        path = self.MODULE.__file__
        if not HAS_PROFILES:
            return "new", f"#!{sys.executable}", b"", path
        return _BuiltModule(
            b_module_data=b"", module_style="new", shebang=f"#!{sys.executable}", serialization_profile=_PROFILE
        ), path

    def _low_level_execute_command(self, *args: Any, **kwargs: Any) -> Any:
        if not self._here:
            return super()._low_level_execute_command(*args, **kwargs)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        line = show if self._shows_progress and not self._task.no_log else None
        last_words = None if self._task.no_log else show_last
        with (
            output.shown_by(line, last_words),
            _environment(environment),
            _module_process(self._module_args),
            Cancellable(self._task.timeout) as cancellable,
        ):
            rc, stdout, stderr = _call(self.MODULE)
        self._timed_out = cancellable.timed_out
        return {
            "rc": rc,
            "stdout": stdout,
            "stdout_lines": stdout.splitlines(),
            "stderr": stderr,
            "stderr_lines": stderr.splitlines(),
        }


def check_arguments(module: ModuleType) -> None:
    """Run a module's main as far as its arguments are read, and never further, for ansible-lint: it calls `main` of an
    action plugin with the options of a task, and its own class in place of AnsibleModule.
    """
    kept = basic.AnsibleModule

    class OnlyArguments(kept):  # type: ignore[misc,valid-type,unused-ignore]
        """Ends the module where it would begin to work."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            raise SystemExit(0)

    basic.AnsibleModule = OnlyArguments  # type: ignore[misc,assignment,unused-ignore]
    try:
        module.main()
    finally:
        basic.AnsibleModule = kept  # type: ignore[misc,unused-ignore]


def _call(module: ModuleType) -> tuple[int, str, str]:
    """Run a module's main as if it were a process: exit code, standard output, standard error."""
    stdout, stderr, rc = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            module.main()
        except SystemExit as exc:
            rc = exc.code if isinstance(exc.code, int) else 0 if exc.code is None else 1
        except Exception as exc:  # a separate process would print it and end
            rc = 1
            if HAS_PROFILES:
                with contextlib.suppress(SystemExit):
                    _print_crash(exc, _PROFILE)
            else:
                traceback.print_exc()
    return rc, stdout.getvalue(), stderr.getvalue()


@contextlib.contextmanager
def _environment(values: Mapping[str, Any]) -> Iterator[None]:
    """The task's `environment:`, for as long as its module runs. The worker process runs nothing else meanwhile."""
    saved = dict(os.environ)
    os.environ.update({str(key): str(value) for key, value in values.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


@contextlib.contextmanager
def _module_process(module_args: Mapping[str, Any]) -> Iterator[None]:
    """What a module process finds in AnsibleModule's own globals: its arguments, and no warnings yet."""
    patched: list[tuple[Any, str, Any]] = [(basic, "_ANSIBLE_ARGS", _encoded(module_args))]
    if HAS_PROFILES:
        # Warnings of a module belong into its result; on the controller they would go to the screen instead.
        patched += [(basic, "_ANSIBLE_PROFILE", _PROFILE), (core_internal, "is_controller", False)]
    collected: list[Any] = [module_warnings._global_warnings, module_warnings._global_deprecations]
    kept = [stock.copy() for stock in collected]
    saved = [(owner, name, getattr(owner, name)) for owner, name, _value in patched]
    try:
        for stock in collected:
            stock.clear()
        for owner, name, value in patched:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in saved:
            setattr(owner, name, value)
        for stock, before in zip(collected, kept):
            stock.clear()
            stock.update(before) if isinstance(stock, dict) else stock.extend(before)


def _encoded(module_args: Mapping[str, Any]) -> bytes:
    payload = {"ANSIBLE_MODULE_ARGS": dict(module_args)}
    encoder: Any
    if HAS_PROFILES:
        encoder = get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
        return json.dumps(payload, cls=encoder).encode("utf-8")
    encoder = core_json.AnsibleJSONEncoder
    return json.dumps(payload, cls=encoder, vault_to_text=True).encode("utf-8")
