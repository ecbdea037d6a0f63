"""What is different between boards. All give `wake` the same surface: that of unix.py."""
