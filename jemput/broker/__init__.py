"""The embedded broker: who may say what, and a real nats-server that holds them to it."""
