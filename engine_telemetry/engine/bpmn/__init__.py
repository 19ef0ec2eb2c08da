"""BPMN models and their execution: the one place that knows SpiffWorkflow."""
