"""The words of Tierline: events in and out, facts, state, settings. No I/O, imports nothing of ours."""
