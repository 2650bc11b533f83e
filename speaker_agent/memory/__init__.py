"""What the speaker keeps on its disk: plan, receipts, settings, marks of the clock."""
