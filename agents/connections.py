"""Settings as the connections to Kafka and to the store need them; servers that do not answer are told in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from schemas.mistakes import Mistake
from schemas.setting_values import without_password
from schemas.settings import Settings
from streams.kafka import KafkaBroker, KafkaConfig
from streams.ports import LogUnavailable, StoreUnavailable
from streams.store import RedisStore


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
        with broker_in_words(settings):
            await broker.open()
        yield broker
    finally:
        await broker.close()


@contextmanager
def broker_in_words(settings: Settings) -> Iterator[None]:
    """A Kafka that does not answer, as a ``Mistake``."""
    try:
        yield
    except LogUnavailable as error:
        msg = f"{error}; TIERLINE_BROKER is {settings.broker}: is it right, does Kafka run?"
        raise Mistake(msg) from error


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[RedisStore]:
    """The customers of a namespace, to look at without a claim; closed at the end. ``Mistake`` whenever the store does
    not answer."""
    store = RedisStore(settings.store, settings.namespace)
    try:
        with store_in_words(settings):
            yield store
    finally:
        await store.close()


@contextmanager
def store_in_words(settings: Settings) -> Iterator[None]:
    """A store that does not answer, as a ``Mistake``."""
    try:
        yield
    except StoreUnavailable as error:
        msg = f"{error}; TIERLINE_STORE is {without_password(settings.store)}: is it right, does the store run?"
        raise Mistake(msg) from error
