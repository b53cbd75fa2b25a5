"""What data loggers export: tables with a preamble, wall times and end marks, read without knowing the maker."""
