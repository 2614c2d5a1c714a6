"""Command line flags for settings: one a setting, of the same name, read and checked together."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from schemas.mistakes import Mistake
from schemas.settings import SETTINGS, Setting, Settings, SettingsError, load_settings

T = TypeVar("T")


def with_settings(
    *names: str, besides: Callable[[Mapping[str, Any]], object] | None = None
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Replace a command's parameter ``settings`` by flags for the settings ``names`` (without prefix; all if none).

    The command gets ``Settings`` read from environment and flags; of BROKER and STORE, those named must be given. All
    mistakes are raised at once, as ``SettingsError``; with the ``Mistake`` that ``besides`` raises of the readable
    settings (by field), so that what a setting points at is looked at although another one is wrong.
    """
    chosen = [setting for setting in SETTINGS if not names or setting.name in names]
    need = [setting.name for setting in chosen if setting.default is None]

    def decorate(command: Callable[..., T]) -> Callable[..., T]:
        # Evaluated here: typer does not look at annotations again once there is a signature.
        signature = inspect.signature(command, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "settings"]

        @wraps(command)
        def run(**given: Any) -> T:
            overrides = {setting.name: given.pop(setting.field) for setting in chosen}
            return command(settings=_load(overrides, need, besides), **given)

        run.__signature__ = signature.replace(parameters=[*own, *map(_flag, chosen)])  # type: ignore[attr-defined] # see inspect.signature
        return run

    return decorate


def _load(
    overrides: Mapping[str, str | None], need: list[str], besides: Callable[[Mapping[str, Any]], object] | None
) -> Settings:
    try:
        return load_settings(os.environ, overrides, need)
    except SettingsError as wrong:
        if besides is not None:
            try:
                besides(wrong.readable)
            except Mistake as other:
                msg = f"{wrong}\n{other}"
                raise Mistake(msg) from other
        raise


def _flag(setting: Setting) -> inspect.Parameter:
    standing = f"[{setting.variable}]" if not setting.default else f"[{setting.variable}; {setting.default}]"
    option = typer.Option(setting.flag, help=f"{setting.help} {standing}", metavar="TEXT", show_default=False)
    return inspect.Parameter(
        setting.field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
    )
