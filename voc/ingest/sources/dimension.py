"""The dimension tables: stores, SKUs, and orders; and units sold."""

from voc.ingest.dimensions import TITLES
from voc.ingest.mapping import Mapping
from voc.ingest.sources import OWN_FILE, FileSource

_MEANINGS = {
    "components": "single items of a gift box, joined by ;",
    "own": "1, yes, own | 0, no, competitor",
    "ownership": "direct | franchise",
    "changes": "recipe and packaging changes, date:what joined by ;",
    "valid_from": "first day of this version of the row",
    "valid_to": "last day of this version of the row",
    "month": "2026-10, 202610, 2026年10月; not needed where there are days",
    "day": "the day of sale, or a month",
    "units": "whole number; returns are negative; rows of one file for the same store, SKU and time are added up",
    "fulfilment": "in_store | takeaway | pick_up | courier",
}


def _source(name: str, title: str) -> FileSource:
    return FileSource(
        name=name,
        title=title,
        target=name,
        columns={field: _MEANINGS.get(field, f"also titled {'、'.join(more)}") for field, more in TITLES[name].items()},
        verified=OWN_FILE,
        mapping=Mapping(name=name, strict=False),
    )


stores = _source("stores", "Stores")
skus = _source("skus", "SKUs")
orders = _source("orders", "Orders (order, store, SKU, fulfilment)")
sales = _source("sales", "Units sold (by month or by day)")
