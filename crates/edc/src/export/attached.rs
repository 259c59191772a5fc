//! The bytes of attached files, beside the values that name them.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use formats::export::{ExportError, Out, Sink, TrailOut, Written};
use kernel::{
    DataType, FileReference, ItemOid, MEDIA_TYPES, SubjectKey,
    casebook::{DatumRef, RecordRef},
};

use super::{ExportFailure, Job};
use crate::{Failure, FileFolder};

/// Where files are in an export, beside its own.
const FOLDER: &str = "files";

/// The files that the exported values name, each once for its subject.
pub(super) struct Attached {
    folder: Arc<FileFolder>,
    items: HashSet<ItemOid>,
    /// By name in the export.
    named: BTreeMap<String, (SubjectKey, FileReference)>,
}

impl Attached {
    /// `None` if nobody asked for files.
    pub fn wanted(job: &Job) -> Result<Option<Self>, Failure> {
        if !job.request.files {
            return Ok(None);
        }
        let versions = job.study.in_use().map(|version| version.design.version());
        let items = versions.flat_map(|version| &version.items);
        let items = items.filter(|item| item.data_type == DataType::File);
        Ok(Some(Self {
            folder: Arc::clone(job.edc.file_folder()?),
            items: items.map(|item| item.oid.clone()).collect(),
            named: BTreeMap::new(),
        }))
    }

    /// Notes what a record names, and with its history what it named.
    pub fn note(
        &mut self,
        subject: &SubjectKey,
        record: &RecordRef<'_>,
        trail: &[TrailOut<'_>],
    ) -> Result<(), ExportFailure> {
        let Self { items, named, .. } = self;
        let mut take = |item: &str, datum: DatumRef<'_>| {
            let DatumRef::Value { text, .. } = datum else { return };
            if items.contains(&ItemOid::new(item))
                && let Ok(file) = text.parse::<FileReference>()
            {
                named.insert(name_of(subject, &file), (subject.clone(), file));
            }
        };
        for step in trail {
            take(step.item, step.datum);
        }
        if record.removed {
            return Ok(());
        }
        let seen = record.for_each_item(|row, item, datum| {
            if let (Some(item), false) = (item, row.removed) {
                take(item, datum);
            }
        });
        Ok(seen.map_err(Failure::from)?)
    }

    /// Copies the files, each of which is read and found whole first.
    pub fn write(self, job: &Job, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportFailure> {
        let mut written = Vec::new();
        for (name, (subject, file)) in self.named {
            let opened = self.folder.open_whole(&job.study.oid, &subject, &file);
            let mut bytes = opened.map_err(|damage| ExportError::DoesNotFit {
                what: format!("the file {} of subject {subject}, which {damage},", file.name),
                advice: "run `casebook verify`, or export without attached files".to_owned(),
            })?;
            let mut out = Out::create(sink, &name)?;
            out.copy(&mut bytes)?;
            written.push(out.finish()?);
        }
        Ok(written)
    }
}

/// Such as `files/01-001/ba78…15ad.png`: what the reference in the data says finds it.
fn name_of(subject: &SubjectKey, file: &FileReference) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let subject: String = subject.as_str().chars().map(plain).collect();
    let known = MEDIA_TYPES.iter().find(|(media_type, _)| *media_type == file.media_type);
    let ending = known.and_then(|(_, endings)| endings.first()).unwrap_or(&"bin");
    format!("{FOLDER}/{subject}/{}.{ending}", file.sha256)
}
