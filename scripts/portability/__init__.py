"""The parts of scripts/portability.py: the questions, the runtimes and their drivers, the table."""
