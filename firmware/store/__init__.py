"""What outlives a wake: RTC memory while there is power, flash when there is none."""
