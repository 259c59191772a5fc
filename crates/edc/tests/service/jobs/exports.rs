//! Exports: asked for, done, cancelled, downloaded, kept for a while.

use std::io::{Cursor, Read as _};

use contract::{
    Code, Context, Error, Role, edc::v1::GetStudyRequest, job::v1 as p, job::v1::progress::State,
};
use jiff::SignedDuration;
use journal::{Hash, LogName};

use super::{Desk, QUEUE, on_every_desk};
use crate::world::{HERE, STUDY, THERE, data_manager, in_role, unique, value};

const VS: &str = "SE.SCR/F.VS";

async fn two_subjects(desk: &Desk) {
    for (site, subject, weight) in [(HERE, "S1", "70.5"), (THERE, "T1", "81.5")] {
        desk.world.screen_at(site, subject).await.unwrap();
        desk.world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", weight)]).await.unwrap();
    }
}

fn wanted(format: &str) -> p::StartExportRequest {
    p::StartExportRequest {
        study_oid: STUDY.into(),
        format: format.into(),
        request_id: Some(unique("export")),
        ..p::StartExportRequest::default()
    }
}

async fn start(desk: &Desk, context: &Context, format: &str) -> Result<p::Export, Error> {
    desk.jobs.start_export(context, wanted(format)).await
}

/// Starts an export and has it done.
async fn done(desk: &Desk, context: &Context, format: &str) -> p::Export {
    let started = start(desk, context, format).await.unwrap();
    assert_eq!(started.state(), State::Waiting);
    desk.worker.run_until_idle().await;
    let done = desk.get_export(context, &started.export_id).await.unwrap();
    assert_eq!(done.state(), State::Done, "{done:?}");
    done
}

fn gone(error: &Error) -> (Code, &str) {
    (error.code(), error.reason())
}

#[test]
fn an_export_is_done_by_a_worker_and_its_files_are_what_they_say() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let manager = data_manager();
        let done = done(&desk, &manager, "csv").await;
        let archive = done.archive.clone().unwrap();
        let (bytes, size) =
            desk.download(&manager, &done.export_id, &archive.file_name).await.unwrap();
        assert_eq!(i64::try_from(bytes.len()).unwrap(), archive.size_bytes);
        assert_eq!(size, u64::try_from(archive.size_bytes).ok(), "it is told before the bytes");
        assert_eq!(Hash::of(&bytes).to_string(), archive.sha256);
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for file in &done.files {
            let mut inside = Vec::new();
            zip.by_name(&file.file_name).unwrap().read_to_end(&mut inside).unwrap();
            assert_eq!(Hash::of(&inside).to_string(), file.sha256, "{}", file.file_name);
            let alone = desk.download(&manager, &done.export_id, &file.file_name).await.unwrap();
            assert_eq!(alone.0, inside, "{}", file.file_name);
        }
        let table = done.files.iter().find(|file| file.file_name.contains("F.VS")).unwrap();
        assert_eq!((table.rows, table.values), (2, 2));
        assert!(done.files.iter().any(|file| file.file_name == "manifest.json"));
        let error = desk.download(&manager, &done.export_id, "../place").await.unwrap_err();
        assert_eq!(gone(&error), (Code::NotFound, "FILE_UNKNOWN"));
    });
}

#[test]
fn every_format_can_be_chosen_and_one_that_lacks_what_it_needs_says_so() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let manager = data_manager();
        let request = p::ListExportFormatsRequest {};
        let listed = desk.jobs.list_export_formats(&manager, request).await.unwrap().formats;
        let names: Vec<&str> = listed.iter().map(|one| &*one.name).collect();
        let known: Vec<&str> = edc::export::formats().map(|one| one.name).collect();
        assert_eq!(names, known);
        for format in &listed {
            let started = start(&desk, &manager, &format.name).await;
            // The study of the tests has no mapping for tabulation.
            if format.needs_tabulation {
                assert_eq!(started.unwrap_err().reason(), "TABULATION_MISSING", "{}", format.name);
                continue;
            }
            desk.worker.run_until_idle().await;
            let ended = desk.get_export(&manager, &started.unwrap().export_id).await.unwrap();
            assert_eq!(ended.state(), State::Done, "{}: {ended:?}", format.name);
        }
        let refused = start(&desk, &manager, "sas7bdat").await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "format");
    });
}

#[test]
fn casebooks_are_made_whole_and_in_the_language_that_was_asked_for() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let manager = data_manager();
        let chinese = p::StartExportRequest {
            language: Some("zh-CN".into()),
            site_oid: Some(HERE.into()),
            ..wanted("casebook-pdf")
        };
        let some = p::StartExportRequest { form_oids: vec!["F.VS".into()], ..chinese.clone() };
        let refused = desk.jobs.start_export(&manager, some).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "formOids");
        let nonsense = p::StartExportRequest { language: Some("zh CN".into()), ..chinese.clone() };
        let refused = desk.jobs.start_export(&manager, nonsense).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "language");
        let started = desk.jobs.start_export(&manager, chinese).await.unwrap();
        desk.worker.run_until_idle().await;
        let done = desk.get_export(&manager, &started.export_id).await.unwrap();
        assert_eq!(done.language.as_deref(), Some("zh-CN"));
        let names: Vec<&str> = done.files.iter().map(|file| &*file.file_name).collect();
        assert_eq!(names, ["casebook-S1.pdf", "manifest.json"]);
        let pdf = desk.download(&manager, &done.export_id, "casebook-S1.pdf").await.unwrap().0;
        assert!(crate::casebook_pdf::text(&pdf).contains("病例报告表副本"));
    });
}

#[test]
fn the_journal_says_who_exported_and_who_downloaded_what() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let done = done(&desk, &data_manager(), "ndjson").await;
        let auditor = in_role(Role::Auditor, None);
        desk.download(&auditor, &done.export_id, "records.ndjson").await.unwrap();
        let log = LogName::new(STUDY, "job", &done.export_id);
        let entries = desk.world.store.read(&log, 1, 10).await.unwrap();
        let told: Vec<(String, String)> = entries
            .iter()
            .map(|sealed| sealed.view().unwrap())
            .map(|entry| (entry.kind.to_owned(), entry.actor.to_owned()))
            .collect();
        let expected = [
            ("ExportRequested", "data_manager"),
            ("ExportFinished", "casebook"),
            ("FileDownloaded", "auditor"),
        ];
        assert_eq!(told, expected.map(|(kind, actor)| (kind.to_owned(), actor.to_owned())));
    });
}

#[test]
fn an_export_holds_what_the_one_who_asked_may_take_and_nobody_sees_more_than_his_own() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let kit = [value("IG.IP/I.KIT", "KIT-4711"), value("IG.IP/I.DOSES", "3")];
        desk.world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        let text = async |context: &Context, export: &p::Export| {
            let read = desk.download(context, &export.export_id, "records.ndjson").await;
            read.map(|(bytes, _)| String::from_utf8(bytes).unwrap())
        };
        let manager = data_manager();
        let all = done(&desk, &manager, "ndjson").await;
        assert!(!text(&manager, &all).await.unwrap().contains("KIT-4711"), "the arm is not told");
        let there = in_role(Role::DataManager, Some(THERE));
        let part = done(&desk, &there, "ndjson").await;
        let own = text(&there, &part).await.unwrap();
        assert!(own.contains("T1") && !own.contains("S1"));
        let error = desk.get_export(&there, &all.export_id).await.unwrap_err();
        assert_eq!(gone(&error), (Code::NotFound, "EXPORT_UNKNOWN"));
        assert_eq!(text(&there, &all).await.unwrap_err().reason(), "EXPORT_UNKNOWN");
        let list = p::ListExportsRequest { study_oid: STUDY.into(), ..Default::default() };
        let listed = desk.jobs.list_exports(&there, list.clone()).await.unwrap().exports;
        assert_eq!(listed.iter().map(|one| &one.export_id).collect::<Vec<_>>(), [&part.export_id]);
        assert_eq!(desk.jobs.list_exports(&manager, list).await.unwrap().exports.len(), 2);
        let here = p::StartExportRequest { site_oid: Some(HERE.into()), ..wanted("json") };
        let error = desk.jobs.start_export(&there, here).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
    });
}

/// Somebody who may see what tells the treatment and take data out.
fn unblinded() -> Context {
    let mut context = data_manager();
    context.caller.grants.extend(in_role(Role::Pharmacist, None).caller.grants);
    context
}

#[test]
fn a_file_that_tells_the_treatment_is_for_those_who_may_know() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let kit = [value("IG.IP/I.KIT", "KIT-4711"), value("IG.IP/I.DOSES", "3")];
        desk.world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        let export = done(&desk, &unblinded(), "ndjson").await;
        assert!(export.unblinded && export.downloadable);
        let read = desk.download(&unblinded(), &export.export_id, "records.ndjson").await.unwrap();
        assert!(String::from_utf8(read.0).unwrap().contains("KIT-4711"));
        let seen = desk.get_export(&data_manager(), &export.export_id).await.unwrap();
        assert!(!seen.downloadable);
        let blind = desk.download(&data_manager(), &export.export_id, "records.ndjson").await;
        assert_eq!(blind.unwrap_err().reason(), "NOT_PERMITTED");
    });
}

#[test]
fn the_same_request_starts_one_export() {
    on_every_desk(async |desk| {
        let request = wanted("json");
        let first = desk.jobs.start_export(&data_manager(), request.clone()).await.unwrap();
        desk.world.clock.advance(SignedDuration::from_secs(3));
        let again = desk.jobs.start_export(&data_manager(), request).await.unwrap();
        assert_eq!(first.export_id, again.export_id);
        for wrong in ["docx", "CSV"] {
            let error = start(&desk, &data_manager(), wrong).await.unwrap_err();
            assert_eq!(error.violations()[0].field, "format");
        }
    });
}

#[test]
fn a_cancelled_export_is_not_done_and_one_that_is_done_is_not_cancelled() {
    on_every_desk(async |desk| {
        let cancel = async |id: &str| {
            let request = p::CancelExportRequest {
                study_oid: STUDY.into(),
                export_id: id.into(),
                request_id: None,
            };
            desk.jobs.cancel_export(&data_manager(), request).await
        };
        let started = start(&desk, &data_manager(), "json").await.unwrap();
        for _ in 0..2 {
            let cancelled = cancel(&started.export_id).await.unwrap();
            assert_eq!(cancelled.state(), State::Cancelled);
        }
        desk.worker.run_until_idle().await;
        let seen = desk.get_export(&data_manager(), &started.export_id).await.unwrap();
        assert_eq!((seen.state(), seen.files.len()), (State::Cancelled, 0));
        let done = done(&desk, &data_manager(), "json").await;
        assert_eq!(cancel(&done.export_id).await.unwrap_err().reason(), "JOB_STATE");
    });
}

#[test]
fn an_export_whose_worker_died_is_done_by_the_next_one() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let started = start(&desk, &data_manager(), "json").await.unwrap();
        let now_ms = desk.world.clock.now().as_millisecond();
        let lost = desk.world.store.claim(QUEUE, now_ms, 18_000).await.unwrap().unwrap();
        assert_eq!(lost.key, started.export_id);
        desk.worker.run_until_idle().await;
        let seen = desk.get_export(&data_manager(), &started.export_id).await.unwrap();
        assert_eq!(seen.state(), State::Waiting, "it still belongs to the other");
        desk.world.clock.advance(SignedDuration::from_secs(19));
        desk.worker.run_until_idle().await;
        let seen = desk.get_export(&data_manager(), &started.export_id).await.unwrap();
        assert_eq!(seen.state(), State::Done);
        assert!(!desk.world.store.finish(&lost).await.unwrap(), "the late worker ends nothing");
    });
}

#[test]
fn files_are_kept_for_a_week_and_what_was_exported_for_ever() {
    on_every_desk(async |desk| {
        let done = done(&desk, &data_manager(), "json").await;
        desk.world.clock.advance(SignedDuration::from_hours(24 * 7 + 1));
        let seen = desk.get_export(&data_manager(), &done.export_id).await.unwrap();
        assert_eq!((seen.state(), seen.downloadable), (State::Expired, false));
        assert_eq!(seen.files, done.files, "the sums stay known");
        let error = desk.download(&data_manager(), &done.export_id, "study.json").await;
        assert_eq!(error.unwrap_err().reason(), "FILE_GONE");
    });
}

#[test]
fn only_the_chosen_forms_and_the_state_at_the_chosen_time_are_exported() {
    on_every_desk(async |desk| {
        two_subjects(&desk).await;
        let then = contract::Timestamp::from(desk.world.clock.now());
        desk.world.clock.advance(SignedDuration::from_mins(1));
        desk.world.save("S1", "SE.SCR/F.DM", 0, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        let only = p::StartExportRequest { form_oids: vec!["F.DM".into()], ..wanted("ndjson") };
        let before = p::StartExportRequest { as_of: Some(then), ..wanted("ndjson") };
        for (request, records) in [(only, 1), (before, 2)] {
            let started = desk.jobs.start_export(&data_manager(), request).await.unwrap();
            desk.worker.run_until_idle().await;
            let done = desk.get_export(&data_manager(), &started.export_id).await.unwrap();
            assert_eq!(done.archive.unwrap().rows, records, "{:?}", done.form_oids);
        }
        let unknown = p::StartExportRequest { form_oids: vec!["F.NO".into()], ..wanted("csv") };
        let error = desk.jobs.start_export(&data_manager(), unknown).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "formOids");
    });
}

#[test]
fn the_formats_that_need_a_mapping_and_the_study_that_has_none_are_told_apart() {
    on_every_desk(async |desk| {
        let get = GetStudyRequest { study_oid: STUDY.into(), version_hash: None };
        let study = desk.world.edc.get_study(&data_manager(), get).await.unwrap();
        assert!(!study.has_tabulation, "whoever chooses a format can know before");
        let request = p::ListExportFormatsRequest {};
        let listed = desk.jobs.list_export_formats(&data_manager(), request).await.unwrap();
        let needing = listed.formats.iter().filter(|format| format.needs_tabulation);
        let needing: Vec<&str> = needing.map(|format| format.name.as_str()).collect();
        assert_eq!(needing, ["sdtm-xpt", "sdtm-dataset-json", "sdtm-csv"]);
    });
}
