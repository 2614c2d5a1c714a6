"""The commands of ``tierline``, one module each; see ``agents.cli`` for what a module offers."""
