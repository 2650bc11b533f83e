"""MQTT with nothing in the way: the yardstick, and simulated speakers in one process."""
