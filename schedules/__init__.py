"""When what sounds: arbitration and quiet hours. Pure: instants in, values out; no clock is read and nothing is written."""
