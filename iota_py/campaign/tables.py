"""Tables of a campaign's database."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, MetaData, String, Table, Text

QUEUED, RUNNING, HELD, DELIVERED, FAILED, CANCELLED = "queued", "running", "held", "delivered", "failed", "cancelled"
STATES = (DELIVERED, QUEUED, RUNNING, HELD, FAILED, CANCELLED)

METADATA = MetaData()
ORDERS = Table(
    "iota_py_orders",
    METADATA,
    Column("campaign", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("place", String(128), nullable=False),
    Column("year", Integer, nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("position", Integer, nullable=False, default=0),
    Column("retries", Integer, nullable=False, default=0),
    Column("after", String(64)),  # the order that must have ended first
    Column("state", String(16), nullable=False, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Double, nullable=False, default=0.0),  # seconds since 1970, by the clock of the database
    Column("owner", String(200)),  # host:process:word
    Column("lease", Double),  # until when it is the owner's
    Column("started", Double),
    Column("ended", Double),
    Column("reason", Text),  # why it is held or failed, or what a person said
    Column("code", String(32)),  # of the fault
    Column("gates", Text),  # JSON
    Column("facts", Text),  # JSON: pixels of each class of the map that was judged
    Column("delivered_to", Text),
)
EVENTS = Table(
    "iota_py_order_events",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("campaign", String(64), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("time", Double, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(32), nullable=False),
    Column("text", Text, nullable=False),
)
