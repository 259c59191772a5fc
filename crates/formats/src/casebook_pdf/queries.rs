//! Queries with everything that was said, beside what they are about.

use kernel::casebook::{ItemKey, Query, QueryStatus, Remark};

use super::{
    reader::Reader,
    sheet::{SMALL, STRONG, TEXT},
    table::Cell,
};

/// The query about an item, or about the whole form, as one cell.
pub(super) fn query(reader: &Reader<'_>, query: &Query, with_place: bool) -> Cell {
    let words = reader.words;
    let opened = &query.opened;
    let mut head = format!("{} · {}", words.query, words.query_status(query.status));
    if query.closed_by_check {
        head = format!("{} · {}", words.query, words.closed_by_check);
    }
    if let (true, Some(item)) = (with_place, opened.item.as_ref()) {
        head = format!("{head} · {}", reader.item_place(item));
    }
    let mut about = opened.id.to_string();
    if let Some(check) = &opened.check {
        about = format!("{about} · {} {check}", words.by_check);
    }
    let text = opened.text.in_lang(reader.language).unwrap_or_default();
    let mut cell = Cell::text(head, STRONG)
        .and(text, TEXT)
        .and(who(reader, &query.opened_by, &query.opened_in_role, query.opened_at_ms), SMALL);
    for remark in &query.thread {
        cell = said(reader, cell, remark);
    }
    cell.and(about, SMALL)
}

fn said(reader: &Reader<'_>, cell: Cell, remark: &Remark) -> Cell {
    let words = reader.words;
    let did = match remark.status {
        QueryStatus::Open => words.reopened,
        other => words.query_status(other),
    };
    let cell = if remark.text.is_empty() {
        cell.and(did, TEXT)
    } else {
        cell.and(format!("{did}: {}", remark.text), TEXT)
    };
    cell.and(who(reader, &remark.by, &remark.role, remark.at_ms), SMALL)
}

/// Who did something, in which role and when.
pub(super) fn who(reader: &Reader<'_>, user: &str, role: &str, at_ms: i64) -> String {
    let at = reader.time(at_ms);
    if role.is_empty() { format!("{user} · {at}") } else { format!("{user} ({role}) · {at}") }
}

/// The queries about one item, oldest first.
pub(super) fn about<'q>(queries: &[&'q Query], key: &ItemKey) -> Vec<&'q Query> {
    queries.iter().filter(|query| query.opened.item.as_ref() == Some(key)).copied().collect()
}
