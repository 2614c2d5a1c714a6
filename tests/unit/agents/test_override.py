"""``tierline override``: what it refuses, and the record it tells."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from agents.commands.override import command
from agents.override import override_record
from agents.policy.compile import policy_version
from schemas.facts import CustomerFacts, OverrideFacts
from schemas.journal import PolicyActivated
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.position import Position
from streams.calendar import number_of
from streams.ports import Claimed
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.policy.making import ABC

TODAY = dt.date(2026, 3, 5)


class Peeked(MemoryStore):
    """A store of two partitions; the customer lives in the second."""

    def __init__(self, policy: bytes | None) -> None:
        server = StoreServer()
        server.at(1).customers["c1"] = b"packed"
        super().__init__(server)
        self.policy = policy

    async def peek(self, partition: int) -> Claimed | None:
        state = PartitionState(
            position=Position(1),
            open_day=number_of(TODAY),
            timezone="Asia/Shanghai",
            cutoff="00:00",
            base_currency="CNY",
            partitions=2,
        )
        return Claimed(state, 1, None, 0, self.policy, {})


def active() -> bytes:
    files = {"abc.toml": ABC}
    return msgspec.json.encode(PolicyActivated(version=policy_version(files), files=files))


def override(scheme: str = "abc", level: str | None = "gold", until: dt.date = TODAY) -> OverrideFacts:
    return OverrideFacts(scheme=scheme, level=level, reason="merger", until=until, by="eve")


async def test_an_override_is_told_where_its_customer_lives() -> None:
    record = await override_record(Peeked(active()), 2, "c1", override())
    assert (record.topic, record.partition, record.key) == ("customers", 1, b"c1")
    told = msgspec.json.decode(record.value or b"", type=CustomerFacts)
    assert told == CustomerFacts(customer_id="c1", source="override", override=override())


@pytest.mark.parametrize(
    ("customer", "told", "words"),
    [
        ("c2", override(), "customer 'c2' is not known"),
        ("c1", override(scheme="abd"), "'abd' is no scheme; expected one of abc: did you mean abc?"),
        ("c1", override(level="golden"), "'golden' is no level of abc; expected one of ordinary, gold"),
        ("c1", override(until=TODAY - dt.timedelta(days=1)), "--until is 2026-03-04, the open day is 2026-03-05"),
    ],
)
async def test_an_override_without_effect_is_refused_in_words(customer: str, told: OverrideFacts, words: str) -> None:
    with pytest.raises(Mistake, match=words.replace("?", r"\?")):
        await override_record(Peeked(active()), 2, customer, told)


async def test_an_override_needs_active_policies() -> None:
    with pytest.raises(Mistake, match="no policies are active yet in partition 1"):
        await override_record(Peeked(None), 2, "c1", override())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("c1", "abc"), "give a LEVEL and --until DATE"),
        (("c1", "abc", "gold"), "give a LEVEL and --until DATE"),
        (("c1", "abc", "gold", "--lift"), "give a LEVEL and --until DATE"),
        (("c1", "abc", "--lift", "--until", "2026-03-05"), "give a LEVEL and --until DATE"),
        (("c1", "abc", "gold", "--until", "soon"), "--until is 'soon'; expected a date such as 2026-12-31"),
        (("c1", "Abc", "gold", "--until", "2026-03-05"), "scheme"),
    ],
)
def test_flags_that_do_not_belong_together_are_refused(arguments: tuple[str, ...], words: str) -> None:
    app = typer.Typer()
    app.command()(command)
    servers = ("--broker", "127.0.0.1:9", "--store", "redis://127.0.0.1:9/0", "--by", "eve", "--reason", "merger")
    refused = CliRunner().invoke(app, [*arguments, *servers]).exception
    assert isinstance(refused, Mistake)
    assert words in str(refused)
