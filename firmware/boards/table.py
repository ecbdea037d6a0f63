"""What is wired to which pin, and how it is built, unless device.json says otherwise.

A pin that is None has nothing on it. The drawings in README.md show these.
"""

ESP32_PINS = {
    "trigger": 25,  # of HC-SR04 and JSN-SR04T
    "echo": 26,  # behind the 5 V divider
    "serial": 27,  # to the TX of A02YYUW and MB7389
    "serial_tx": 4,  # to the RX of A02YYUW: high asks for its steadier values
    "power": 13,  # high gives the sensor current; a sensor that idles empties a battery
    "battery": 34,  # ADC1: block 2 is blind while Wi-Fi is on
    "led": 2,
    "tilt": None,  # 33: a ball switch to ground, closed while the lid lies flat
    "temperature": None,  # 32: DS18B20
    "buzzer": None,  # 14
}

PICO_W_PINS = {
    "trigger": 16,
    "echo": 17,
    "serial": 5,
    "serial_tx": 4,
    "power": 15,
    "battery": 26,  # ADC0
    "led": "LED",
    "tilt": None,  # 14
    "temperature": None,  # 13
    "buzzer": None,  # 12
}

USUAL = {
    "sensor": "pulse",  # or "a02", "mb7389"
    "warm_up_ms": 300,  # after the sensor got current
    "battery_upper_kohm": 100,  # from the battery to the ADC's pin
    "battery_lower_kohm": 100,  # from there to ground
}


def settled(told, pins):
    """The settings of a board: what device.json tells over what is usual, its pins likewise."""
    found = dict(USUAL)
    found.update(told)
    wired = dict(pins)
    wired.update(told.get("pins", {}))
    found["pins"] = wired
    return found
