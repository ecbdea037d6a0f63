"""Events out: to other systems that subscribed, in order, at least once under one id."""
