"""The register of key holdings: rows, tables, materials and what is wrong with them."""
