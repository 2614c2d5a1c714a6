"""The examples of the files, run: where a customer with these figures comes to rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from agents.policy.compile import compile_policies
from agents.policy.compiled import CompiledScheme, mask_bits, place_of, roles_of, true_reasons
from agents.policy.cuts import with_given
from agents.policy.decider import CompiledPolicies
from agents.policy.exact import ExactRow
from agents.policy.given import Figures, as_of, given_row
from agents.policy.loading import load_policies
from agents.policy.schemes import Class
from agents.policy.signal_examples import signal_failures
from agents.policy.signals import Family
from agents.policy.why_there import Came, why_reasons, why_roles, why_there
from agents.tiers import ClassScheme, Scheme, deadline_of, decide_scheme
from schemas.cuts import CUTS_FILE, NO_CUTS
from schemas.events import Cause
from schemas.policy_file import OUT, ExampleTable
from schemas.signal_file import SignalExampleTable
from schemas.state import Standing
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind, Vocabulary

_Example = TypeVar("_Example", ExampleTable, SignalExampleTable)
_HEAD = re.compile(r"\s*\[\[\s*example\s*\]\]")


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example of a scheme or family of signals: ``number`` counts from 1 within its file, ``failures`` says what came out otherwise.

    ``line`` is the one at which it begins, None where that is not known.
    """

    file: str
    name: str
    number: int
    failures: tuple[str, ...]
    line: int | None = None

    @property
    def passed(self) -> bool:
        """Whether everything that the example expects came out."""
        return not self.failures

    def __str__(self) -> str:
        line = "" if self.line is None else f" (line {self.line})"
        return f"{self.file}: example {self.number}{line}: {'; '.join(self.failures) or 'as expected'}"


def run_examples(files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> list[ExampleResult]:
    """Run the examples of all files, in the order of schemes, families of signals and examples.

    Raises ``PolicyError`` as ``load_policies`` does.
    """
    schemes, families = load_policies(files, beside)
    rules = _Rules({**(beside or {}), **files})
    of_schemes = [
        ExampleResult(scheme.file, scheme.table.scheme, number, tuple(_failures(policies, example)), line)
        for scheme in schemes
        for number, (example, line) in _numbered(scheme.table.example, files[scheme.file])
        for policies in [rules.policies(scheme.file, example.given)]
    ]
    of_signals = [
        ExampleResult(family.file, family.table.signals, number, tuple(signal_failures(as_given, example)), line)
        for family in families
        for number, (example, line) in _numbered(family.table.example, files[family.file])
        for as_given in [rules.family(family.file, example.given)]
    ]
    return [*of_schemes, *of_signals]


def _numbered(examples: Sequence[_Example], text: str) -> Iterator[tuple[int, tuple[_Example, int | None]]]:
    """Each example with its number and the line of its ``[[example]]``; TOML's reader tells no lines."""
    lines = [count for count, line in enumerate(text.splitlines(), 1) if _HEAD.match(line)]
    known = lines if len(lines) == len(examples) else [None] * len(examples)
    return enumerate(zip(examples, known, strict=True), 1)


class _Rules:
    """The rules of one file as an example has them: with the lines of cuts that it gives instead of the file's."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._policies: dict[tuple[str, str], CompiledPolicies] = {}
        self._families: dict[tuple[str, str], Family] = {}

    def policies(self, file: str, figures: Figures) -> CompiledPolicies:
        """A file of one scheme, compiled."""
        cuts = self._cuts(figures)
        if (file, cuts) not in self._policies:
            alone = {file: self._files[file], CUTS_FILE: cuts}
            self._policies[file, cuts] = compile_policies(alone, Vocabulary())
        return self._policies[file, cuts]

    def family(self, file: str, figures: Figures) -> Family:
        """A file of signals; the schemes that they speak of stand beside it."""
        cuts = self._cuts(figures)
        if (file, cuts) not in self._families:
            (family,) = load_policies({file: self._files[file], CUTS_FILE: cuts}, self._files).families
            self._families[file, cuts] = family
        return self._families[file, cuts]

    def _cuts(self, figures: Figures) -> str:
        return with_given(self._files.get(CUTS_FILE, NO_CUTS), figures)


def _failures(policies: CompiledPolicies, example: ExampleTable) -> Iterator[str]:
    (compiled,) = policies.schemes
    rows = given_row(example.given, example.accounts, policies.columns, policies.account_columns, policies.vocabulary)
    row, bits = ExactRow(rows, 0, policies.vocabulary), mask_bits(policies.masks(rows)[0])
    rest = _rest(compiled, bits, example, as_of(example.given))
    came = Came(example.from_, rest.level or OUT, rest.axes)
    if came.at != example.expect:
        told = [f"expected {example.expect}, came to {came.at}"]
        yield "; ".join([*told, *why_there(compiled.rules, row, example.expect, came)])
    place = place_of(compiled, rest.level)
    roles = roles_of(compiled, rest.level, bits)
    if example.roles is not None and roles != example.roles:
        told = [f"expected roles {_listed(example.roles)}, got {_listed(roles)}"]
        yield "; ".join([*told, *why_roles(place, row, example.roles, roles)])
    reasons = true_reasons(place, bits)
    if example.reasons is not None and sorted(reasons) != sorted(example.reasons):
        told = [f"expected reasons {_listed(example.reasons)}, got {_listed(reasons)}"]
        yield "; ".join([*told, *why_reasons(compiled.rules, row, example.reasons, reasons)])


def _rest(compiled: CompiledScheme, bits: int, example: ExampleTable, day: int) -> Standing:
    """The standing in which nothing moves any more: all checks are made, each grace and hold is waited for."""
    scheme = _always_checked(compiled.tiers)
    standing = Standing(level=example.from_, since=day, axes=_cell(compiled, example.from_))
    while True:
        look = Look(
            kind=LookKind.YEAR_CLOSE,
            as_of=day,
            event_day=None,
            reason="day_close",
            effective_at="",
            cause=Cause(topic="examples", partition=0, offset=0),
        )
        changed = decide_scheme(scheme, look, bits, standing).changed
        deadline = deadline_of(scheme, look, standing)
        if not changed and deadline == NO_DEADLINE:
            return standing
        day = day + 1 if changed else deadline


def _always_checked(scheme: Scheme) -> Scheme:
    """The scheme with its anniversaries on every day."""
    if isinstance(scheme, ClassScheme):
        return replace(scheme, check=LookKind.EVENT)
    return replace(scheme, upgrade_check=LookKind.EVENT, downgrade_check=LookKind.EVENT)


def _cell(compiled: CompiledScheme, name: str | None) -> dict[str, str]:
    """The levels of the axes of someone who stands at a class of a matrix."""
    place = place_of(compiled, name)
    rules = None if place is None else place.rules
    return dict(rules.at or {}) if isinstance(rules, Class) else {}


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
