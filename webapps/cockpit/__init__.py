"""Cockpit: where administrators see what runs, and decide about telemetry."""

from webapps.cockpit.start import cockpit_routes

__all__ = ["cockpit_routes"]
