"""One stolen speaker floods a real Mosquitto and a real office; another speaker must not notice."""
