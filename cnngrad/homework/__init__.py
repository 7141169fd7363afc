"""Homework: compare answers, name the mistake behind a wrong one, judge and make exercises."""
