"""The office: pages and REST, planning, delivery to the speakers. `running/app.py` is its composition root."""
