"""The office: what officers do, what is planned, what the loudspeakers answered. `app` is its composition root."""
