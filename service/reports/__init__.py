"""What people read: maps and, later, documents."""
