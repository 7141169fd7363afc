"""Whole classes: folders, archives and sheets of submissions, rosters, many specs, from a seed and an index."""
