"""The fold: pure. `observe(state, entry)`, `decide(state)`, `apply(state, decisions)`.

Live, recovery, *why*, *what if* and the evaluation all run this one.
"""
