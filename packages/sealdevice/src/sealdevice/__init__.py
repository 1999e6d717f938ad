"""The contract between a seal platform and a smart seal (智能印章), whoever makes it.

Everything that binds somebody is a signed record: what the platform permits and commands, and what the device says
that happened. The bindings (MQTT 5, WebSocket) carry these records and add nothing to their meaning.
"""
