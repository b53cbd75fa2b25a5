"""The demonstration: a whole site on one machine with a simulated building. No telephone is ever reached."""
