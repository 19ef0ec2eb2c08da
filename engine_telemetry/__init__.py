"""Opt-in usage telemetry for Python process engines, and the small BPMN engine it counts."""
