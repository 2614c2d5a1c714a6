"""The examples of the files, run: where a customer with these figures comes to rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents.policy.compile import compile_policies
from agents.policy.decider import CompiledPolicies, CompiledScheme, level_of, mask_bits, true_reasons
from agents.policy.given import as_of, given_row
from agents.tiers import decide_scheme
from schemas.events import Cause
from schemas.policy_file import OUT, ExampleTable
from schemas.state import Standing
from streams.decider import Look
from streams.rows import LookKind, Vocabulary


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: ``number`` counts from 1 within its file, ``failures`` says what came out otherwise."""

    file: str
    scheme: str
    number: int
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that the example expects came out."""
        return not self.failures

    def __str__(self) -> str:
        return f"{self.file}: example {self.number}: {'; '.join(self.failures) or 'as expected'}"


def run_examples(files: Mapping[str, str]) -> list[ExampleResult]:
    """Run the examples of all files, in the order of schemes and examples; raises ``PolicyError`` on mistakes."""
    policies = compile_policies(files, Vocabulary())
    return [
        ExampleResult(compiled.rules.file, compiled.tiers.name, number, tuple(_failures(policies, compiled, example)))
        for compiled in policies.schemes
        for number, example in enumerate(compiled.rules.table.example, 1)
    ]


def _failures(policies: CompiledPolicies, compiled: CompiledScheme, example: ExampleTable) -> Iterator[str]:
    rows = given_row(example.given, policies.columns, policies.vocabulary)
    bits = mask_bits(policies.masks(rows)[0])
    name = _rest(compiled, bits, example, as_of(example.given))
    if (name or OUT) != example.expect:
        yield f"expected {example.expect}, came to {name or OUT}"
    level = level_of(compiled, name)
    roles = [] if level is None else list(level.table.roles)
    if example.roles is not None and roles != example.roles:
        yield f"expected roles {_listed(example.roles)}, got {_listed(roles)}"
    reasons = true_reasons(compiled, name, bits)
    if example.reasons is not None and sorted(reasons) != sorted(example.reasons):
        yield f"expected reasons {_listed(example.reasons)}, got {_listed(reasons)}"


def _rest(compiled: CompiledScheme, bits: int, example: ExampleTable, day: int) -> str | None:
    """The level at which nothing moves any more: all checks are made, each grace is waited for."""
    standing = Standing(level=example.from_, since=day)
    while True:
        look = Look(
            kind=LookKind.YEAR_CLOSE,
            as_of=day,
            event_day=None,
            reason="day_close",
            effective_at="",
            cause=Cause(topic="examples", partition=0, offset=0),
        )
        if not decide_scheme(compiled.tiers, look, bits, standing).changed:
            return standing.level
        day = standing.falls_on or day + 1


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
