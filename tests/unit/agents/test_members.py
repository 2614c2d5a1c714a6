"""``tierline members``: who is met on a walk through the store, and how it is written."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agents import walk
from agents.audience import HEADER, check_place, counts, members, places_of
from agents.census import OUTSIDE
from agents.commands.members import _written, command
from agents.walk import survey
from schemas.mistakes import Mistake
from schemas.state import Standing
from streams.calendar import date_of
from streams.ports import StoreUnavailable
from tests.unit.agents.kept import Kept
from tests.unit.policy.making import ABC, DAY

SINCE = DAY - 5
GOLD = {"abc": Standing(level="gold", since=SINCE, falls_on=SINCE + 30)}
PLAIN = {"abc": Standing(level="ordinary", since=SINCE)}


def nothing(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


async def test_members_are_met_in_all_partitions_and_chunks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "CHUNK", 2)
    store = Kept(3, {"abc.toml": ABC})
    golden = [f"g{index}" for index in range(5)]
    store.keep(0, golden[:3], GOLD, owner_id="rm-1", branch_id="b-1")
    store.keep(0, ["p0", "p1"], PLAIN)
    store.keep(2, golden[3:], GOLD)
    told: list[tuple[int, int]] = []
    found = [
        member
        async for part in members(
            store, await survey(store, 3), "abc", "gold", lambda done, total: told.append((done, total))
        )
        for member in part
    ]
    assert [member.customer_id for member in found] == golden
    falls_on, since = (date_of(SINCE + days).isoformat() for days in (30, 0))
    assert found[0] == ("g0", "gold", since, falls_on, "", "rm-1", "", "b-1")
    assert told == [(2, 7), (4, 7), (5, 7), (7, 7)]


async def test_counts_tell_who_is_outside_too() -> None:
    store = Kept(1, {"abc.toml": ABC})
    store.keep(0, ["g"], GOLD)
    store.keep(0, ["p"], PLAIN)
    store.keep(0, ["o"], {"abc": Standing(level=None)})
    store.keep(0, ["n"])
    assert await counts(store, await survey(store, 1), "abc", nothing) == {"gold": 1, "ordinary": 1, OUTSIDE: 2}


async def test_a_customer_who_was_erased_is_no_member() -> None:
    store = Kept(1, {"abc.toml": ABC})
    store.keep(0, ["a", "b"], GOLD)
    del store.server.at(0).customers["a"]
    found = [part async for part in members(store, await survey(store, 1), "abc", "gold", nothing)]
    assert [[member.customer_id for member in part] for part in found] == [["b"]]


@pytest.mark.parametrize(
    ("scheme", "level", "words"),
    [
        ("abd", "gold", "'abd' is no scheme; expected one of abc: did you mean abc?"),
        ("abc", "golden", "'golden' is no level or class of abc; expected one of ordinary, gold"),
    ],
)
async def test_an_unknown_name_is_refused_with_the_nearest_one(scheme: str, level: str, words: str) -> None:
    ground = await survey(Kept(1, {"abc.toml": ABC}), 1)
    with pytest.raises(Mistake) as refused:
        check_place(places_of(ground.policies), scheme, level)
    assert words in str(refused.value)


async def test_an_empty_store_and_one_without_policies_are_told_apart() -> None:
    with pytest.raises(Mistake, match="the store holds no customers"):
        await survey(Kept(0), 0)
    with pytest.raises(Mistake, match="no policies are active in the store yet"):
        check_place(places_of((await survey(Kept(1), 1)).policies), "abc", None)


def test_an_export_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("before")

    def break_off() -> None:
        with _written(path) as write:
            write([["a,b", "gold"]])
            raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        break_off()
    assert path.read_text() == "before"
    with _written(path) as write:
        write([["a,b", "gold"]])
    assert list(csv.reader(path.read_text().splitlines())) == [list(HEADER), ["a,b", "gold"]]
    assert [file.name for file in tmp_path.iterdir()] == ["gold.csv"]


def test_an_export_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    with (
        pytest.raises(Mistake, match=r"gold\.csv cannot be written: No such file or directory"),
        _written(tmp_path / "nowhere" / "gold.csv"),
    ):
        pass


@pytest.mark.parametrize("arguments", [("abc", "--csv", "x.csv"), ("abc", "gold", "--count", "--csv", "x.csv")])
def test_an_export_is_of_one_level(arguments: tuple[str, ...]) -> None:
    app = typer.Typer()
    app.command()(command)
    refused = CliRunner().invoke(app, [*arguments, "--store", "redis://127.0.0.1:9/0"]).exception
    assert isinstance(refused, Mistake)
    assert "--csv writes the customers of one level" in str(refused)


async def test_a_store_that_does_not_answer_is_told_in_words() -> None:
    app = typer.Typer()
    app.command()(command)
    asked = ["abc", "gold", "--store", "redis://127.0.0.1:9/0"]
    refused = (await asyncio.to_thread(CliRunner().invoke, app, asked)).exception
    assert isinstance(refused, Mistake)
    assert "is it right, does the store run?" in str(refused)
