"""The vocabulary that every op speaks: layers, exercises, solutions, derivations, mistakes."""
