"""The box on the pole: keeps the plan, fetches the clips, sounds them on time, and answers for what sounded."""
