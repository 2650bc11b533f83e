"""The office's connection to the MQTT broker, the broker's accounts, and the keys that sign messages."""
