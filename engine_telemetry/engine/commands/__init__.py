"""What the engine can do: one small class for each thing, with Camunda's name, one module for each service."""
