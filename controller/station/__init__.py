"""The station's facts, officers, audit and area tree, and the settings that each speaker is sent."""
