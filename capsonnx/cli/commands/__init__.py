"""One small file per command: it parses the options, calls one function and prints the result."""
