"""How Alembic runs here: on the connection that the store hands over, or as SQL text for a database administrator."""

from alembic import context

import central.store.instrument_tables  # noqa: F401  # its tables belong to the metadata
from central.store.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"), target_metadata=metadata, literal_binds=True
    )
else:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
