"""Schemes as their TOML texts say: levels with what lets in and keeps, or classes, alone or at places on axes."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.days import date_of, months_after, number_of
from tests.oracle.measure_names import MONEY

Truth = Callable[[str], bool | None]
"""Whether a condition holds at the look."""


NEAR_DAYS = 30
"""Days to the check that a near level's alert speaks of, where the scheme says nothing."""


@dataclass(frozen=True, slots=True)
class Level:
    """A level above the base; ``routes`` are conditions with who acts where they hold, else ``roles`` do."""

    name: str
    enter: str
    stay: str
    roles: tuple[str, ...] = ()
    routes: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Scheme:
    """One policy file; ``levels[0]`` stands for the base and has no conditions."""

    name: str
    applies_to: str
    levels: tuple[Level, ...]
    lets: dict[str, Any]
    up_check: str
    down_check: str
    steps: str
    grace_days: int
    grace_months: int
    hold: tuple[str, Any] | None
    retired: dict[str, str]
    near: int | None = None
    near_days: int = NEAR_DAYS
    contacts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Contacts a month that roles owe, by level."""

    @property
    def base(self) -> str:
        """The lowest standing."""
        return self.levels[0].name

    @property
    def names(self) -> list[str]:
        """Where a customer may stand, lowest first."""
        return [level.name for level in self.levels]

    @staticmethod
    def read(text: str) -> Scheme | Classes:
        """The scheme in a TOML text, of levels or of classes."""
        file: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
        return Classes.of(file) if "class" in file else Scheme.of(file)

    @staticmethod
    def of(file: dict[str, Any]) -> Scheme:
        """The scheme of levels that a file is."""
        base = Level(file["base"], "False", "True", tuple(file.get("base_roles", ())))
        up, down = file.get("upgrade", {}), file.get("downgrade", {})
        return Scheme(
            name=file["scheme"],
            applies_to=file.get("applies_to", "True"),
            levels=(base, *map(_level, file["level"])),
            lets=lets_of(file),
            up_check=up.get("check", "event"),
            down_check=down.get("check", "event"),
            steps=down.get("steps", "balance"),
            grace_days=down.get("grace_days", 0),
            grace_months=down.get("grace_months", 0),
            hold=next(((key, down[key]) for key in ("hold_days", "hold_months", "hold_until") if down.get(key)), None),
            near=file.get("near", {}).get("percent"),
            near_days=file.get("near", {}).get("days", NEAR_DAYS),
            contacts=contacts_of(file["level"]),
            retired=file.get("retired", {}),
        )

    def bound_above(self, level: int) -> tuple[str, str, Fraction] | None:
        """The measure of money, the comparison and the bound that let into the next level; None if it is anything else."""
        found = re.fullmatch(r"(\w+) (>=?) ([\d_.]+)", self.levels[level + 1].enter)
        if found is None or found[1] not in MONEY or Fraction(found[3]) <= 0:
            return None
        return found[1], found[2], Fraction(found[3])

    def held_until(self, day: int) -> int | None:
        """The last day of the hold of a level reached on ``day``."""
        match self.hold:
            case ("hold_days", int(days)):
                return day + days
            case ("hold_months", int(months)):
                return number_of(months_after(date_of(day), months))
            case ("hold_until", _):
                return number_of(dt.date(date_of(day).year + 1, 12, 31))
        return None

    def roles(self, level: Level, truth: Truth) -> tuple[str, ...]:
        """Who acts for customers at a level."""
        return next((roles for when, roles in level.routes if truth(when) is True), level.roles)

    def grace_ends(self, failing_since: int) -> int:
        """The last day of a grace."""
        if self.grace_months:
            return number_of(months_after(date_of(failing_since), self.grace_months))
        return failing_since + self.grace_days


@dataclass(frozen=True)
class Classes:
    """A policy file of classes; each is a name, conditions to come in and to stay, or its place on the axes."""

    name: str
    base: str
    applies_to: str
    classes: tuple[dict[str, Any], ...]
    axes: dict[str, tuple[Level, ...]]
    lets: dict[str, Any]
    check: str
    retired: dict[str, str]
    contacts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Where a customer may stand."""
        return [*(str(one["name"]) for one in self.classes), self.base]

    @staticmethod
    def of(file: dict[str, Any]) -> Classes:
        """The scheme of classes that a file is."""
        return Classes(
            name=file["scheme"],
            base=file["base"],
            applies_to=file.get("applies_to", "True"),
            classes=tuple(file["class"]),
            axes={
                axis["name"]: (
                    Level(axis["base"], "False", "True"),
                    *(Level(lv["name"], lv["enter"], lv.get("stay", lv["enter"])) for lv in axis["level"]),
                )
                for axis in file.get("axis", ())
            },
            lets=lets_of(file),
            check=file.get("check", "event"),
            retired=file.get("retired", {}),
            contacts=contacts_of(file["class"]),
        )

    def match(self, held: str | None, cell: dict[str, str], truth: Truth) -> str:
        """The class of a customer who has ``held`` and stands at ``cell``."""
        for one in self.classes:
            if "at" in one:
                if one["at"].items() <= cell.items():
                    return str(one["name"])
            elif truth(one["when"]) is True or (
                one["name"] == held and truth(one.get("keep", one["when"])) is not False
            ):
                return str(one["name"])
        return self.base


def _level(table: dict[str, Any]) -> Level:
    routes = tuple((route["when"], tuple(route["roles"])) for route in table.get("routes", ()))
    return Level(
        table["name"], table["enter"], table.get("stay", table["enter"]), tuple(table.get("roles", ())), routes
    )


def contacts_of(places: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Contacts a month that roles owe, by level or class."""
    return {str(place["name"]): dict(place.get("contacts_per_month", {})) for place in places}


def lets_of(file: dict[str, Any]) -> dict[str, Any]:
    """What ``[let]`` and ``[calendar]`` of a file give names to."""
    dates = {f"next_{name}": listed for name, listed in file.get("calendar", {}).items()}
    return dict(file.get("let", {})) | dates
