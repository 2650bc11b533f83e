"""The office's line to the MQTT broker, who may sign in there, and the keys that sign what goes out."""
