//! Hands one whole casebook to the exporter.

use formats::export::{
    CasebookOut, ChainOut, EntryOut, Exporter, SignedOut, Sink, SiteOut, StudyOut, VersionOut,
};

use super::{
    ExportFailure, Job,
    page::{CasebookPage, EntryPage},
};

pub(super) fn casebook(
    job: &Job,
    study: &StudyOut<'_>,
    page: &CasebookPage,
    exporter: &mut dyn Exporter,
    sink: &mut dyn Sink,
) -> Result<(), ExportFailure> {
    let site = job.study.state.sites.get(&page.site);
    let site = SiteOut {
        oid: page.site.as_str(),
        name: site.and_then(|site| site.added.name.values().next()).map_or("", String::as_str),
        time_zone: site.map_or("", |site| site.added.time_zone.as_str()),
    };
    let signatures: Vec<SignedOut<'_>> = page
        .signatures
        .iter()
        .map(|(on, signature, is_valid)| SignedOut { on, signature, is_valid: *is_valid })
        .collect();
    let sees_all = job.sees_all();
    let entries: Vec<EntryOut<'_>> = page.entries.iter().map(entry_out).collect();
    let head = page.head.hash.to_string();
    exporter.casebook(
        study,
        &CasebookOut {
            subject: page.subject.as_str(),
            site,
            casebook: &page.casebook,
            signatures: &signatures,
            entries: &entries,
            chain: ChainOut { head: &head, count: sees_all.then_some(page.head.sequence) },
            versions: &versions(job, &page.entries),
        },
        sink,
    )?;
    Ok(())
}

fn entry_out(entry: &EntryPage) -> EntryOut<'_> {
    EntryOut {
        sequence: entry.sequence,
        at_ms: entry.at_ms,
        user: &entry.user,
        role: &entry.role,
        on_behalf_of: entry.on_behalf_of.as_deref(),
        reason: entry.reason.as_deref(),
        is_reason_withheld: entry.is_reason_withheld,
        origin: &entry.origin,
        version: &entry.version,
        event: &entry.event,
    }
}

/// The versions that the entries name, in the order in which they first do.
fn versions<'a>(job: &'a Job, entries: &'a [EntryPage]) -> Vec<VersionOut<'a>> {
    let mut versions: Vec<VersionOut<'a>> = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.version.is_empty()) {
        if versions.iter().any(|known| known.hash == entry.version) {
            continue;
        }
        let published = job.study.state.versions.iter().find(|one| one.hash == entry.version);
        versions.push(VersionOut {
            hash: &entry.version,
            oid: published.map_or("", |one| one.version_oid.as_str()),
            name: published.map_or("", |one| one.version_name.as_str()),
        });
    }
    versions
}
