"""click commands: translate options, call the library, exit. No maths, no layout."""
