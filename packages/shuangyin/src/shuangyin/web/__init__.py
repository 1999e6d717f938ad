"""The built user interface inside the wheel, and how it is served."""
