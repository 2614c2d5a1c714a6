"""Settings as the connections to Kafka need them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.kafka import KafkaBroker, KafkaConfig
from streams.ports import LogUnavailable


def kafka_config(settings: Settings) -> KafkaConfig:
    """Where Kafka is and under which names."""
    return KafkaConfig(
        bootstrap=settings.broker,
        group=settings.group,
        prefix=settings.topic_prefix,
        session_timeout_s=settings.session_timeout_s,
    )


@asynccontextmanager
async def open_broker(settings: Settings) -> AsyncIterator[KafkaBroker]:
    """A connected broker, outside the group; closed at the end. ``Mistake`` if Kafka does not answer."""
    broker = KafkaBroker(kafka_config(settings))
    try:
        try:
            await broker.open()
        except LogUnavailable as error:
            msg = f"{error}; TIERLINE_BROKER is {settings.broker}: is it right, does Kafka run?"
            raise Mistake(msg) from error
        yield broker
    finally:
        await broker.close()
