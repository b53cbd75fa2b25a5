"""What the building can tell us: types, quantities, dialects, freshness. Pure; imports nothing of ours."""
