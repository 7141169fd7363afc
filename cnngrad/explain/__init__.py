"""Why a number is what it is: steps as records, each with a value."""
