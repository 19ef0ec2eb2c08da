"""Tasklist: where people find and do their tasks."""

from webapps.tasklist.routes import tasklist_routes

__all__ = ["tasklist_routes"]
