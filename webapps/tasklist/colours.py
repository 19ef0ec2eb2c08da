"""The colours that a saved filter can have: names that CSS has too, as Camunda's property ``color``."""

from collections.abc import Mapping

COLOURS = {
    "": "None",
    "green": "Green",
    "blue": "Blue",
    "purple": "Purple",
    "red": "Red",
    "orange": "Orange",
    "gray": "Grey",
}


def colour_of(properties: Mapping[str, object]) -> str:
    """The colour that a filter has; empty for none, and for one that is not in the set."""
    colour = properties.get("color")
    return colour if isinstance(colour, str) and colour in COLOURS else ""
