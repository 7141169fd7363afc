"""A seeded fuzzer: random specs, answers, options, expressions and array files, whole and spoilt, for every command.

`python -m tests.fuzz SECONDS SEED` runs it; `python -m tests.fuzz --only SEED INDEX` runs one mutant once more.
"""
