"""Device dialects: one module each, recognised by topic or document. A new one is one file and its samples."""
