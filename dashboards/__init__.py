"""Grafana as Python in, JSON out."""
