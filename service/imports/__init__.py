"""Reading what users bring: files of any known format, checked cell by cell."""
