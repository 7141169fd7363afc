"""What a cell may be: float64, an exact fraction or a formula; the reading, printing and rounding of each."""
