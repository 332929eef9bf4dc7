"""What is asked when, of whom, in which words; answers and reminders."""
