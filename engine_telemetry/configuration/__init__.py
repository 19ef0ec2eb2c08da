"""The settings: one frozen dataclass, read from keyword arguments, the environment and an XML file."""

from engine_telemetry.configuration.exposure import is_address, refusal
from engine_telemetry.configuration.settings import Configuration, Setting, do_not_track, settings

__all__ = ["Configuration", "Setting", "do_not_track", "is_address", "refusal", "settings"]
