"""How Alembic runs here: always on the connection that `edge.store` hands over, inside its transaction."""

from alembic import context

from edge.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
