"""The rules: each looks at one bin, its filtered level and event time, and says what follows."""
