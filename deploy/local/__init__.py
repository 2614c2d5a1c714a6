"""A real Kafka and a real Valkey on this machine, without Docker: for the demo, the tests and a developer's desk.

``LocalStack`` is the whole; ``KafkaServer`` and ``ValkeyServer`` can be started, stopped, killed and restarted
apart, which is what the fault tests do.
"""

from deploy.local.jars import OWN_SERVERS, NotInstalled
from deploy.local.kafka import KafkaServer
from deploy.local.process import LocalStackError
from deploy.local.stack import LocalStack, StackStatus
from deploy.local.valkey import ValkeyServer

__all__ = [
    "OWN_SERVERS",
    "KafkaServer",
    "LocalStack",
    "LocalStackError",
    "NotInstalled",
    "StackStatus",
    "ValkeyServer",
]
