"""From readings to people: rules, alarms, storm control, ladders, notices, wording, senders."""
