"""The library: whatever the command line does, Python does. A part is imported when it is used."""
