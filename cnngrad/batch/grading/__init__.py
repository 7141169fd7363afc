"""Grading: many submissions to one exercise or to one for each student, and what is known of the class."""
