"""The embeddable BPMN process engine."""

from engine_telemetry.engine.process_engine import ProcessEngine

__all__ = ["ProcessEngine"]
