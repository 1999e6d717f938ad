"""People: who they are, which posts they hold, how they prove it, and what ends when they leave."""
