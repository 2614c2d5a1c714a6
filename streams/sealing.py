"""Sealing: facts in the journal under a key of their customer's own, and the hash that names a customer there.

Whoever deletes the key has erased the facts, wherever copies of the journal lie.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_HASH_BYTES: Final = 16
_PERSON: Final = b"tierline.custome"  # tells these hashes from others of the same ids


def hash_of(customer_id: str) -> str:
    """The hash by which the journal names a customer."""
    return hashlib.blake2b(customer_id.encode(), digest_size=_HASH_BYTES, person=_PERSON).hexdigest()


def new_key() -> bytes:
    """A key for a customer not told of before."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, customer: str, content: bytes) -> bytes:
    """``content`` about the customer with this hash, under its key; a nonce is never used twice."""
    # Imported here: a command that opens no journal should not wait for OpenSSL.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, customer.encode())


def unseal(key: bytes, customer: str, sealed: bytes) -> bytes | None:
    """What was sealed; None if it was sealed with another key or about another customer."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], customer.encode())
    except InvalidTag:
        return None
