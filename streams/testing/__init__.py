"""In-memory models of Kafka, Redis and time, as far as the protocol uses them, with places for faults.

They keep the promises of ``streams.ports``; one behaviour suite holds them and the real servers to the same words.
"""
