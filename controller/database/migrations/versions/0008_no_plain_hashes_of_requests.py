"""No plain hashes of requests

answered.request_hash was a plain SHA-256, by which the password of a sign-in could be guessed; now it is a keyed hash.
Of older rows it is forgotten: who repeats such a request within its 24 hours is refused, and nothing is done twice.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE answered SET request_hash = ''")


def downgrade() -> None:
    op.execute("UPDATE answered SET request_hash = ''")
