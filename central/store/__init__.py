"""Where central keeps what it has promised to keep: tables, migrations, the one writer, the chained journals."""
