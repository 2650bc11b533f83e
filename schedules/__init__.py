"""When what sounds: arbitration and quiet hours. Pure: instants in, values out."""
