"""A bare MQTT client as the yardstick, and simulated speakers, all in one process."""
