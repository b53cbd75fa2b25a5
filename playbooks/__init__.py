"""From an alarm to rescued holdings: plans, incidents, rescue planning, drills, cards, reports."""
