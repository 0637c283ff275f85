"""The dimension tables: stores, SKUs, and orders."""

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
