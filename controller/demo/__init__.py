"""The demonstration: office, embedded broker and three loudspeakers on one machine."""
