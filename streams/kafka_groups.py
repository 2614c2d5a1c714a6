"""Who is in a consumer group: a look before work that must be done alone."""

from __future__ import annotations

from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.ports import LogUnavailable

_NO_ERROR: Final = 0
_NO_GROUP: Final = 69
"""What newer brokers answer of a group that is not there; older ones call it dead and have no error."""


async def members(bootstrap: str, group: str) -> list[str]:
    """The members of ``group`` at this moment, as client ids with their hosts; empty for a group that is not there.

    Raises ``LogUnavailable`` if the cluster does not answer, or does not know them now.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        replies = await admin.describe_consumer_groups([group])
    except (KafkaError, OSError) as error:
        msg = f"Kafka did not answer: {type(error).__name__}: {error}"
        raise LogUnavailable(msg) from error
    finally:
        await admin.close()
    found: list[str] = []
    for reply in replies:
        for described in reply.to_object()["groups"]:
            if described["error_code"] not in (_NO_ERROR, _NO_GROUP):
                # One that loads or moves tells no members, which is not that there are none.
                msg = f"the coordinator of {group} did not tell its members (error {described['error_code']})"
                raise LogUnavailable(msg)
            found += [f"{member['client_id']} at {member['client_host']}" for member in described["members"]]
    return found
