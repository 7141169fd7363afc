"""Pages for a browser: one file without a network, by templates, a style sheet and scripts that stand beside this."""
