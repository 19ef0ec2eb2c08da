"""The web apps of the process engine."""
