"""Many items at once: specs to solve, submissions to grade; in parallel, and whatever happens to one of them."""
