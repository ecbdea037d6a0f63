"""A load generator that stands alone: `python -m simulator.flood --help`.

    messages ──▶ links ──▶ broker ──▶ whoever is to be measured
                   ▲─────── PUBACK

One process says what many thousand devices would, at QoS 1 and as fast as their
acknowledgements allow. It knows nothing of who listens, so any consumer can be put beside it.
"""
