from tests.servers.pulseaudio import pulseaudio as pulseaudio
