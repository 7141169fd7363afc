"""What a cell may be: float64 or exact fractions; reading and printing of each."""
