//! The casebook as PDF, read back by poppler: a reader that is not ours.

use std::process::Command;

use contract::{
    Context, Role, Timestamp,
    edc::v1::{
        ExportStudyRequest, SaveFormRequest, export_study_request::Format, item_entry::Entry,
        missing::Reason,
    },
};
use jiff::SignedDuration;

use crate::{
    audit::{history, told},
    export::{as_format, exported, files},
    queries::{answer, ask, close, question},
    review::{removal, sign, weighed, with_reason},
    world::{
        HERE, World, coordinator, data_manager, entry, in_role, investigator, monitor,
        on_every_store, save, unique, value, words,
    },
};

const VS: &str = "SE.SCR/F.VS";
const AE: &str = "SE.AE/F.AE";

/// The PDF of each subject, by the name of its file.
async fn documents(world: &World, context: &Context, language: &str) -> Vec<(String, Vec<u8>)> {
    let request = ExportStudyRequest {
        language: Some(language.into()),
        as_of: Some(Timestamp::from(world.clock.now())),
        ..as_format(Format::CasebookPdf)
    };
    files(&exported(world, context, request).await.unwrap().1)
}

/// Runs a program of poppler on a document; what it says.
fn poppler(program: &str, options: &[&str], document: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), document).unwrap();
    let mut command = Command::new(program);
    command.args(options).arg(file.path());
    if program == "pdftotext" {
        command.arg("-");
    }
    let output = command.output().expect("`cargo xtask setup` installs poppler-utils");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All text in the order in which it was written, without blanks: where lines break is no matter.
pub fn text(document: &[u8]) -> String {
    plain(&poppler("pdftotext", &["-raw"], document))
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn assert_tells(told: &str, wanted: &[&str]) {
    for one in wanted {
        assert!(told.contains(&plain(one)), "'{one}' is not in {told}");
    }
}

/// Values, a query that is answered and closed, a signature that is broken, rows and a form that are
/// removed.
async fn story(world: &World) {
    weighed(world).await;
    let minute = SignedDuration::from_mins(1);
    let question = question("S1", Some("IG.VS/I.WEIGHT"), "Was the weight read in pounds?");
    let query = ask(world, &data_manager(), question).await.unwrap();
    world.clock.advance(minute);
    answer(world, &query.query_id, "No, the scales show kilograms").await.unwrap();
    close(world, &query.query_id, Some("Thank you")).await.unwrap();
    sign(world, &investigator(), 1, "I approve").await.unwrap();
    world.clock.advance(minute);
    world.send(with_reason(1, "71.5")).await.unwrap();
    let rows = ["1", "2"].map(|row| value(&format!("IG.BP[{row}]/I.SYSBP"), "12"));
    world.save("S1", VS, 2, &rows).await.unwrap();
    let request = removal("S1", VS, Some(("IG.BP", "2")), 3, "the cuff was loose");
    world.edc.remove_record(&coordinator(), request).await.unwrap();
    let event = [
        value("IG.AE/I.AETERM", "头痛，伴恶心 (céphalée, ≥ 2 h)"),
        value("IG.AE/I.AESTDT", "2026-03"),
    ];
    world.save("S1", AE, 0, &event).await.unwrap();
    let unknown = entry("IG.AE/I.AESTDT", Entry::MissingReason(Reason::Unknown.into()));
    let changed =
        SaveFormRequest { reason: Some("asked again".into()), ..save("S1", AE, 1, &[unknown]) };
    world.send(changed).await.unwrap();
    let request = removal("S1", AE, None, 2, "it belongs to another participant");
    world.edc.remove_record(&coordinator(), request).await.unwrap();
}

#[test]
fn it_tells_every_entry_of_the_journal_once_with_each_change() {
    on_every_store(async |world| {
        story(&world).await;
        let [(name, document)] = &documents(&world, &all_seeing(), "en").await[..] else {
            panic!("one subject, one document")
        };
        assert_eq!(name, "casebook-S1.pdf");
        let text = text(document);
        let mut entries = told(&world, &monitor_who_sees_all(), history("S1")).await;
        entries.reverse();
        for (number, entry) in (1..).zip(&entries) {
            let head = format!("Entry{number}·{}({})·", entry.user, entry.role);
            let [_, body] = &text.split(&head).collect::<Vec<_>>()[..] else {
                panic!("{head} stands {} times", text.matches(&head).count())
            };
            for change in &entry.changes {
                let place = change.place.as_ref().unwrap();
                let before = words(change.old_value.as_ref()).unwrap_or_default();
                let after = words(change.new_value.as_ref()).unwrap_or_default();
                let at = body.find(&place.item_oid).unwrap_or_else(|| panic!("{change:?}"));
                assert_tells(&body[at..], &[&shown(&before), &shown(&after)]);
            }
            assert_tells(body, &entry.reason.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let beyond = format!("Entry{}·", entries.len() + 1);
        assert!(!text.contains(&beyond), "the journal has {} entries", entries.len());
        assert!(entries.len() >= 12, "{}", entries.len());
    });
}

/// A reason for missing as it is written.
fn shown(value: &str) -> String {
    if value == "UNKNOWN" { "Missing: unknown".to_owned() } else { value.to_owned() }
}

#[test]
fn it_tells_values_queries_signatures_and_what_was_removed() {
    on_every_store(async |world| {
        story(&world).await;
        let documents = documents(&world, &all_seeing(), "en").await;
        let text = text(&documents[0].1);
        assert_tells(&text, &["71.5 kg", "175 cm", "23.3 derived"]);
        let query = ["Query · closed", "Was the weight read in pounds?"];
        assert_tells(&text, &query);
        assert_tells(&text, &["answered: No, the scales show kilograms", "closed: Thank you"]);
        let signed = format!("Signature: {}", investigator().caller.user);
        assert_tells(&text, &[&signed, "I approve", "no longer holds"]);
        assert_tells(&text, &["2 removed", "This form was removed.", "céphalée, ≥ 2 h"]);
        assert_tells(&text, &["Missing: unknown", "2026-03", "2026-03-02"]);
        let information = poppler("pdfinfo", &[], &documents[0].1);
        assert!(information.contains("ST.VIGOR · S1"), "{information}");
    });
}

#[test]
fn it_is_in_chinese_where_that_is_wanted() {
    on_every_store(async |world| {
        story(&world).await;
        let documents = documents(&world, &all_seeing(), "zh-CN").await;
        let text = text(&documents[0].1);
        let wanted = ["病例报告表副本（含稽查轨迹）", "稽查轨迹", "签名已失效", "头痛，伴恶心"];
        assert_tells(&text, &wanted);
        assert_tells(&text, &["静息活力", "已关闭", "缺失: 不详"]);
    });
}

#[test]
fn a_signature_that_holds_is_said_to_hold() {
    on_every_store(async |world| {
        weighed(&world).await;
        sign(&world, &investigator(), 1, "I approve").await.unwrap();
        let documents = documents(&world, &data_manager(), "en").await;
        assert_tells(&text(&documents[0].1), &["The signature holds"]);
    });
}

#[test]
fn what_tells_the_arm_is_left_out_for_a_caller_who_may_not_see_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let kit = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        let open = text(&documents(&world, &all_seeing(), "en").await[0].1);
        assert_tells(&open, &["LOST", "I.KIT", "CK.KIT", "Entry 2"]);
        let blinded = text(&documents(&world, &data_manager(), "en").await[0].1);
        assert_tells(&blinded, &["I.DOSES", "may not see what would tell the treatment"]);
        for hidden in ["LOST", "I.KIT", "CK.KIT", "Entry2"] {
            assert!(!blinded.contains(hidden), "{hidden}: {blinded}");
        }
    });
}

#[test]
fn a_subject_without_data_has_a_document_and_a_subject_elsewhere_none() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.screen_at("202", "T1").await.unwrap();
        let here = in_role(Role::DataManager, Some(HERE));
        let documents = documents(&world, &here, "en").await;
        assert_eq!(documents.len(), 1);
        assert_tells(&text(&documents[0].1), &["in screening", "Page 1 of 3", "2026-03-01"]);
    });
}

#[test]
fn a_long_text_wraps_and_nothing_is_cut_or_outside_the_page() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let long = ["W".repeat(400), "受试者主诉头痛、".repeat(900), "so it was. ".repeat(700)];
        let long = long.join(" ");
        world.save("S1", AE, 0, &[value("IG.AE/I.AETERM", &long)]).await.unwrap();
        let document = &documents(&world, &data_manager(), "en").await[0].1;
        let told = poppler("pdftotext", &["-raw"], document).replace('\u{c}', "\n");
        let is_running = |line: &&str| {
            ["ST.VIGOR", "Cut-off", "Casebook with", "Page ", "Item"]
                .iter()
                .any(|w| line.starts_with(w))
        };
        let body: String = told.lines().filter(|line| !is_running(line)).map(plain).collect();
        assert!(body.contains(&plain(&long)), "{body}");
        let boxes = poppler("pdftotext", &["-bbox"], document);
        let mut seen = 0;
        for word in boxes.lines().filter(|line| line.contains("<word")) {
            let edge = |name: &str| -> f32 {
                let (_, rest) = word.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().parse().unwrap()
            };
            assert!(edge("xMin") >= 40.0 && edge("xMax") <= 550.0, "{word}");
            assert!(edge("yMin") >= 20.0 && edge("yMax") <= 830.0, "{word}");
            seen += 1;
        }
        assert!(seen > 500, "{seen}");
    });
}

#[test]
fn a_character_that_no_font_has_is_a_box_and_is_counted() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", AE, 0, &[value("IG.AE/I.AETERM", "田𠮷𠮷")]).await.unwrap();
        let request = as_format(Format::CasebookPdf);
        let archive = exported(&world, &data_manager(), request).await.unwrap().1;
        let told = text(&files(&archive)[0].1);
        assert_tells(&told, &["U+20BB7 × 4", "田𠮷𠮷"]);
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
        let manifest: serde_json::Value =
            serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap();
        assert_eq!(manifest["files"][0]["boxes"], 4, "in the form and in the audit trail");
    });
}

/// May take data out, also what tells the arm.
fn all_seeing() -> Context {
    let mut context = data_manager();
    context.caller.grants.extend(in_role(Role::Pharmacist, None).caller.grants);
    context.request_id = unique("call");
    context
}

fn monitor_who_sees_all() -> Context {
    let mut context = monitor();
    context.caller.grants.extend(in_role(Role::Pharmacist, None).caller.grants);
    context
}
