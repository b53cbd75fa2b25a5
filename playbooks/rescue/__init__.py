"""The rescue planner: from holdings, building and hazard to trips per crew with times, and what is left
and why."""
