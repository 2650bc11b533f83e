"""The line to the broker: what arrives, what is listened to, what still has to be sent."""
