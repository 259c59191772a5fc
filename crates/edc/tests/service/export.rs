//! The export of a study as a stream.

use std::io::{Cursor, Read};

use contract::{
    Code, Context, Error, Role, Timestamp,
    edc::v1::{ExportStudyRequest, export_study_request::Format},
};
use futures::TryStreamExt;
use jiff::SignedDuration;
use kernel::study::{ItemDef, ItemRef};
use testkit::study::version;

use crate::{
    review::{sign, weighed, with_reason},
    world::{
        HERE, STUDY, THERE, World, data_manager, in_role, investigator, on_every_store, value,
    },
};

const VS: &str = "SE.SCR/F.VS";

pub async fn exported(
    world: &World,
    context: &Context,
    request: ExportStudyRequest,
) -> Result<(String, Vec<u8>), Error> {
    let request = ExportStudyRequest { study_oid: STUDY.into(), ..request };
    let pieces: Vec<_> = world.edc.export_study(context, request).await?.try_collect().await?;
    let media_type = pieces.first().map(|piece| piece.content_type.clone()).unwrap_or_default();
    Ok((media_type, pieces.into_iter().flat_map(|piece| piece.data).collect()))
}

pub fn as_format(format: Format) -> ExportStudyRequest {
    ExportStudyRequest { format: format.into(), ..ExportStudyRequest::default() }
}

async fn text(world: &World, context: &Context, request: ExportStudyRequest) -> String {
    String::from_utf8(exported(world, context, request).await.unwrap().1).unwrap()
}

async fn two_subjects(world: &World) {
    for (site, subject, weight) in [(HERE, "S1", "70.5"), (THERE, "T1", "81.5")] {
        world.screen_at(site, subject).await.unwrap();
        world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", weight)]).await.unwrap();
    }
}

#[test]
fn csv_is_an_archive_with_one_table_for_each_form() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let csv = exported(&world, &data_manager(), as_format(Format::Csv)).await;
        let (media_type, bytes) = csv.unwrap();
        assert_eq!(media_type, "application/zip");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> =
            archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert!(names.iter().any(|name| name == "manifest.json"), "{names:?}");
        let table = names.iter().find(|name| name.contains("VS")).unwrap();
        let mut text = String::new();
        archive.by_name(table).unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("S1") && text.contains("70.5") && text.contains("81.5"), "{text}");
    });
}

#[test]
fn one_document_comes_as_it_is() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let json = text(&world, &data_manager(), as_format(Format::Json)).await;
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(document.is_object());
        let lines = text(&world, &data_manager(), as_format(Format::Ndjson)).await;
        assert_eq!(lines.lines().count(), 2);
        let odm = text(&world, &data_manager(), as_format(Format::Odm)).await;
        assert!(odm.contains("<ODM") && odm.trim_end().ends_with("</ODM>"));
        assert!(odm.contains("AuditRecord"), "it says who changed what");
    });
}

#[test]
fn an_export_to_a_blinded_caller_names_the_version_that_was_published() {
    on_every_store(async |world| {
        let json = text(&world, &data_manager(), as_format(Format::Json)).await;
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["study_version_hash"], version().hash().to_string());
    });
}

#[test]
fn an_export_as_of_an_instant_is_what_was_there_then() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let then = Timestamp::from(world.clock.now());
        world.clock.advance(SignedDuration::from_mins(1));
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "99.9")]).await.unwrap();
        let now = text(&world, &data_manager(), as_format(Format::Ndjson)).await;
        let before = ExportStudyRequest { as_of: Some(then), ..as_format(Format::Ndjson) };
        let before = text(&world, &data_manager(), before).await;
        assert!(now.contains("99.9") && !now.contains("70.5"));
        assert!(before.contains("70.5") && !before.contains("99.9"));
    });
}

const NEW_FORMATS: [Format; 12] = [
    Format::Xpt,
    Format::DatasetJson,
    Format::DatasetNdjson,
    Format::Dsjc,
    Format::Parquet,
    Format::Sqlite,
    Format::CsvScripts,
    Format::OdmSnapshot,
    Format::Odm2,
    Format::Fhir,
    Format::FhirNdjson,
    Format::CasebookPdf,
];

/// The files of an archive but its manifest, which says when it was made; or the only file.
pub fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return vec![(String::new(), bytes.to_vec())];
    };
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let (name, mut content) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut content).unwrap();
        files.push((name, content));
    }
    files.retain(|(name, _)| name != "manifest.json");
    files
}

#[test]
fn every_format_gives_the_same_bytes_for_the_same_cut_off() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let then = Timestamp::from(world.clock.now());
        for format in NEW_FORMATS {
            let request = || ExportStudyRequest { as_of: Some(then), ..as_format(format) };
            let first = exported(&world, &data_manager(), request()).await.unwrap().1;
            world.clock.advance(SignedDuration::from_mins(1));
            let second = exported(&world, &data_manager(), request()).await.unwrap().1;
            assert!(!first.is_empty(), "{format:?}");
            assert_eq!(files(&first), files(&second), "{format:?}");
        }
    });
}

#[test]
fn an_export_as_of_an_instant_knows_nothing_of_later_versions_and_sites() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let then = Timestamp::from(world.clock.now());
        let request = |format| ExportStudyRequest { as_of: Some(then), ..as_format(format) };
        let mut first = Vec::new();
        for format in NEW_FORMATS {
            first.push(exported(&world, &data_manager(), request(format)).await.unwrap().1);
        }
        world.clock.advance(SignedDuration::from_mins(1));
        let mut later = version();
        later.version_oid = "MDV.9".into();
        later.study_name = "Renamed".to_owned();
        later.items.push(ItemDef {
            oid: "I.LATER".into(),
            name: "LATER".to_owned(),
            ..ItemDef::default()
        });
        let group = later.item_groups.iter_mut().find(|group| group.oid.as_str() == "IG.VS");
        let asked = ItemRef { item: "I.LATER".into(), ..ItemRef::default() };
        group.unwrap().items.push(asked);
        let admin = contract::Caller::system("tests");
        world.service.publish(&admin, later, None).await.unwrap();
        for (format, before) in NEW_FORMATS.into_iter().zip(&first) {
            let after = exported(&world, &data_manager(), request(format)).await.unwrap().1;
            assert_eq!(files(before), files(&after), "{format:?}");
        }
        let request = as_format(Format::CsvScripts);
        let now = exported(&world, &data_manager(), request).await.unwrap().1;
        let heads = |bytes: &[u8]| -> String {
            let heads = files(bytes).into_iter().filter_map(|(_, text)| {
                String::from_utf8_lossy(&text).lines().next().map(ToOwned::to_owned)
            });
            heads.collect()
        };
        assert!(heads(&now).contains("LATER") && !heads(&first[6]).contains("LATER"));

        let long_ago = "2001-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        let early = ExportStudyRequest { as_of: Some(long_ago.into()), ..as_format(Format::Xpt) };
        let refused = exported(&world, &data_manager(), early).await.unwrap_err();
        assert!(refused.message().contains("no version yet"), "{refused:?}");
    });
}

#[test]
fn no_format_tells_the_arm_to_a_caller_who_may_not_see_it() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let kit = [value("IG.IP/I.KIT", "KIT-4711"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        // What is compressed cannot be looked into so.
        let is_open = |format: &Format| !matches!(format, Format::Dsjc | Format::CasebookPdf);
        for format in NEW_FORMATS.into_iter().filter(is_open) {
            let bytes = exported(&world, &data_manager(), as_format(format)).await.unwrap().1;
            let has = |text: &str| {
                let holds = |file: &(String, Vec<u8>)| {
                    file.1.windows(text.len()).any(|window| window == text.as_bytes())
                };
                files(&bytes).iter().any(holds)
            };
            assert!(!has("KIT-4711"), "{format:?}");
            assert!(has("S1"), "{format:?} is looked into");
        }
    });
}

#[test]
fn a_query_that_tells_the_arm_is_in_no_export_of_a_blinded_caller() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let kit = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        let mut all_seeing = data_manager();
        all_seeing.caller.grants.extend(in_role(Role::Pharmacist, None).caller.grants);
        for format in [Format::OdmSnapshot, Format::Odm2] {
            let open = text(&world, &all_seeing, as_format(format)).await;
            assert!(open.contains("S1.Q1"), "{format:?}: {open}");
            let blinded = text(&world, &data_manager(), as_format(format)).await;
            assert!(!blinded.contains("S1.Q1"), "{format:?}: {blinded}");
        }
    });
}

#[test]
fn an_export_holds_only_what_the_caller_may_take() {
    on_every_store(async |world| {
        two_subjects(&world).await;
        let kit = [value("IG.IP/I.KIT", "KIT-4711"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        let all = text(&world, &data_manager(), as_format(Format::Ndjson)).await;
        assert!(!all.contains("KIT-4711"), "the arm is not told");
        let there = in_role(Role::DataManager, Some(THERE));
        let part = text(&world, &there, as_format(Format::Ndjson)).await;
        assert!(part.contains("T1") && !part.contains("S1"));
        let here = ExportStudyRequest { site_oid: Some(HERE.into()), ..as_format(Format::Json) };
        let error = exported(&world, &there, here).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        let monitor = in_role(Role::Monitor, None);
        let error = exported(&world, &monitor, as_format(Format::Json)).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "before a stream begins");
    });
}

#[test]
fn a_signature_is_exported_as_long_as_it_holds() {
    on_every_store(async |world| {
        weighed(&world).await;
        sign(&world, &investigator(), 1, "I approve").await.unwrap();
        let odm = text(&world, &data_manager(), as_format(Format::Odm)).await;
        assert!(odm.contains("<Meaning>I approve</Meaning>"), "{odm}");
        let signature = odm.split("<Signature>").nth(1).expect("the form is signed");
        let signer = investigator().caller.user;
        assert!(signature.starts_with(&format!("<UserRef UserOID=\"{signer}\"/>")), "{odm}");
        assert!(odm.contains(&format!("<User OID=\"{signer}\">")), "{odm}");
        let json = text(&world, &data_manager(), as_format(Format::Ndjson)).await;
        assert!(json.contains("\"meaning\":\"I approve\""), "{json}");
        world.send(with_reason(1, "71")).await.unwrap();
        let changed = text(&world, &data_manager(), as_format(Format::Odm)).await;
        assert!(!changed.contains("<Signature>"), "the content is not what was signed");
    });
}
