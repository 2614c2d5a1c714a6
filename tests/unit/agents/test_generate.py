"""``tierline generate``: what it refuses before it looks for a broker."""

from __future__ import annotations

import datetime as dt

import pytest
import typer
from typer.testing import CliRunner

from agents.commands.generate import command
from schemas.mistakes import Mistake
from schemas.settings import SettingsError

NOBODY = "127.0.0.1:9"
"""No Kafka answers there."""


def run(*arguments: str) -> BaseException | None:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [*arguments]).exception


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--start", "tomorrow"), "--start is 'tomorrow'; expected a date such as 2025-01-01"),
        (("--start", "1989-12-31"), "expected 1990-01-01 or later"),
        (("--start", "9999-12-31"), "brokers refuse records from the future"),
        (("--base-currency", "JPY"), "the made-up bank knows CNY, USD, EUR, HKD"),
    ],
)
def test_what_no_bank_can_be_made_of_is_refused_in_words(arguments: tuple[str, ...], words: str) -> None:
    refused = run("--broker", NOBODY, *arguments)
    assert isinstance(refused, Mistake)
    assert words in str(refused)


def test_days_may_reach_up_to_yesterday_and_not_up_to_today() -> None:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = ("--broker", NOBODY, "--start", yesterday.isoformat())
    assert "no Kafka answers at 127.0.0.1:9" in str(run(*start, "--days", "1"))
    assert "brokers refuse records from the future" in str(run(*start, "--days", "2"))


def test_a_broker_must_be_named() -> None:
    assert isinstance(run(), SettingsError)
