"""Adapters to the servers that offer hooks, one module each."""
