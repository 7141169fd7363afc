"""Laws that every gradient obeys, and the central-difference check."""
