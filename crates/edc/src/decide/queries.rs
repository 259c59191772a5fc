//! Queries that checks open and close.

use kernel::{
    QueryId, SubjectKey,
    casebook::{Casebook, Event, Query, QueryOpened, RecordKey, RowKey},
};

use super::findings::Finding;

/// The remark under a query that a check closes.
const CLOSED: &str = "the check no longer fails";

/// The queries that open because a check fails and nobody has asked about these values yet, and
/// those that close because their check no longer fails.
pub(super) fn query_events(
    subject: &SubjectKey,
    casebook: &Casebook,
    findings: Vec<Finding>,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut number = casebook.queries_opened;
    for finding in findings {
        let asked = || casebook.queries_of(&finding.record).filter(|query| is_of(query, &finding));
        let pending = asked().find(|query| query.status.is_pending());
        match (&finding.fails, pending) {
            (Some((text, seen)), None) => {
                if asked().any(|query| !query.closed_by_check && query.opened.seen == *seen) {
                    continue;
                }
                number += 1;
                events.push(Event::QueryOpened(QueryOpened {
                    id: QueryId::new(format!("{subject}.Q{number}")),
                    record: finding.record.clone(),
                    item: Some(finding.item.clone()),
                    check: Some(finding.check.clone()),
                    text: text.clone(),
                    seen: seen.clone(),
                }));
            }
            (None, Some(query)) => events.push(close(query)),
            _ => {}
        }
    }
    events
}

/// Closes the queries of checks about a record, or a row of it, that is removed.
pub(crate) fn close_queries_of(
    casebook: &Casebook,
    record: &RecordKey,
    row: Option<&RowKey>,
) -> Vec<Event> {
    casebook
        .queries_of(record)
        .filter(|query| query.status.is_pending() && query.opened.check.is_some())
        .filter(|query| {
            let at = query.opened.item.as_ref().map(|item| &item.row);
            row.is_none_or(|row| at == Some(row))
        })
        .map(close)
        .collect()
}

fn close(query: &Query) -> Event {
    Event::QueryClosed { id: query.opened.id.clone(), text: CLOSED.to_owned(), automatic: true }
}

fn is_of(query: &Query, finding: &Finding) -> bool {
    query.opened.check.as_ref() == Some(&finding.check)
        && query.opened.item.as_ref() == Some(&finding.item)
}
