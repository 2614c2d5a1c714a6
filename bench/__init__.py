"""Measures what Tierline costs: CPU per event and ratios of one run, on a real Kafka and Valkey."""
