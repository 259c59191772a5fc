//! Writes the seeds of what the program stores itself. To be run again when its form changes.

use journal::{Checkpoint, Draft, Head, Leaf, LogName, SigningKey, Tree};
use kernel::{
    Datum, MissingReason,
    casebook::{
        Cause, Event, FormRecord, FormSaved, ItemChange, ItemKey, RecordKey, RecordSignature, Row,
        RowChanges, RowKey,
    },
};
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let saved = saved().to_payload();
    let log = LogName::new("S", "casebook", "01");
    let draft = Draft {
        recorded_at_ms: 1_700_000_000_000,
        actor: "wang.fang".into(),
        role: "coordinator".into(),
        reason: Some("typing error".into()),
        origin: "api".into(),
        request_id: "r1".into(),
        kind: "FormSaved".into(),
        payload: saved.clone(),
        ..Draft::default()
    };
    let sealed = Head::default().seal(&log, &draft);
    let leaf = Leaf { log, head: sealed.head() };
    let mut tree = Tree::default();
    tree.push(&leaf).map_err(io::Error::other)?;
    let checkpoint = Checkpoint::sign(1_700_000_000_001, &tree, None, &SigningKey::from([7; 32]));
    let checkpoint = format!("{}\n{}\n", checkpoint.to_line(), leaf.to_line());

    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds");
    fs::write(seeds.join("stored_record/record.cbor"), record().to_bytes())?;
    fs::write(seeds.join("casebook_event/saved.cbor"), saved)?;
    fs::write(seeds.join("journal_entry/entry.cbor"), sealed.bytes)?;
    fs::write(seeds.join("checkpoint/one.txt"), checkpoint)
}

fn row_key(repeat: &str) -> RowKey {
    RowKey { group: "IG".into(), repeat: repeat.into() }
}

fn saved() -> Event {
    let unit = Some("mmHg".into());
    let changes = vec![
        ItemChange("I".into(), None, Some(Datum::Value { text: "120".into(), unit }), None),
        ItemChange("D".into(), Some(Datum::value("1")), None, Some(Cause::Derived)),
    ];
    Event::FormSaved(FormSaved {
        record: RecordKey {
            event: "SE".into(),
            event_repeat: "1".into(),
            form: "F".into(),
            form_repeat: "1".into(),
        },
        version: 2,
        previous_entry: 1,
        complete: Some(true),
        rows: vec![RowChanges(row_key("1"), changes)],
    })
}

fn record() -> FormRecord {
    let items = [
        ("I", Datum::Value { text: "120".into(), unit: Some("mmHg".into()) }),
        ("N", Datum::Missing(MissingReason::NotDone)),
        ("T", Datum::value("第一周")),
    ];
    let items = items.into_iter().map(|(item, datum)| (item.into(), datum)).collect();
    let signature = RecordSignature {
        signer: "inv".into(),
        printed_name: "Wang Fang".into(),
        meaning: "I have reviewed this".into(),
        signed_at_ms: 1_700_000_000_000,
        content: [7; 32],
    };
    FormRecord {
        version: 2,
        last_entry: 3,
        complete: true,
        locked: true,
        rows: [
            (row_key("1"), Row { removed: false, items }),
            (row_key("2"), Row { removed: true, ..Row::default() }),
        ]
        .into(),
        verified: [ItemKey { row: row_key("1"), item: "I".into() }].into(),
        signature: Some(signature),
        ..FormRecord::default()
    }
}
