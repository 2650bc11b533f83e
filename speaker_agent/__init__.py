"""The agent of one loudspeaker: keeps the plan, fetches the clips, plays them on time, and reports what sounded."""
