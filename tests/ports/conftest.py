from tests.pulseaudio import pulseaudio as pulseaudio
