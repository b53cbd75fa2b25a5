"""What the building can tell us: types, quantities, dialects, the lives of sensors. Pure; imports nothing of ours."""
