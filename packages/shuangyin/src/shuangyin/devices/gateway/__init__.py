"""The gateway: talks with devices over WebSocket and MQTT, and stores before it acknowledges."""
