"""The bench on which a maker has his device judged, over MQTT, without a platform."""
