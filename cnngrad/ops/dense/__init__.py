"""The fully connected layer."""

SAYS = {"W": "W weights"}
