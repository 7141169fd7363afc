"""What to say about a result: headings, grids, sums and notes, without any markup."""
