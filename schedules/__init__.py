"""When what sounds: recurrence, quiet hours, collisions, arbitration. Pure functions: instants in, values out."""
