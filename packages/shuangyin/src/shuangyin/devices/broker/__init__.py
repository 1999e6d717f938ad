"""The broker of smart seals: mosquitto's configuration, and how a revoked device is cut off from it."""
