"""The planner's page: its files, the headers that guard it, and what it starts from."""
