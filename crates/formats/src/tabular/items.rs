//! Which cell of a table an item has.

/// The items of a group in the order of their OIDs, which is the order in which a record holds
/// them: the next one is nearly always the one that is looked for.
#[derive(Debug, Default)]
pub(crate) struct Items {
    items: Vec<Item>,
}

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) oid: Box<str>,
    /// Its cell among the cells behind the keys; the unit has the next one.
    pub(crate) cell: usize,
    pub(crate) has_unit: bool,
    /// The name of its column.
    pub(crate) label: String,
}

impl Items {
    pub(super) fn new(mut items: Vec<Item>) -> Self {
        items.sort_by(|a, b| a.oid.cmp(&b.oid));
        Self { items }
    }

    /// Finds an item; `next` is where to look first, and afterwards the place behind what was found.
    pub(crate) fn find(&self, oid: &str, next: &mut usize) -> Option<&Item> {
        let item = match self.items.get(*next) {
            Some(item) if *item.oid == *oid => item,
            _ => {
                *next = self.items.binary_search_by(|item| (*item.oid).cmp(oid)).ok()?;
                &self.items[*next]
            }
        };
        *next += 1;
        Some(item)
    }
}
