//! Imports: files sent in pieces, checked, applied, reported row by row.

use contract::{Error, job::v1 as p, job::v1::import_row::Outcome, job::v1::progress::State};
use futures::TryStreamExt as _;
use jiff::SignedDuration;

use super::{Desk, QUEUE, on_every_desk};
use crate::world::{STUDY, data_manager, held, unique};

const MAPPING: &str = r#"
study = { value = "STUDY" }
subject = { column = "SUBJECT" }
event = { value = "SE.SCR" }
form = { value = "F.VS" }
group = "IG.VS"
item = [ { column = "WEIGHT", item = "I.WEIGHT" } ]
"#;

struct Sent<'a> {
    desk: &'a Desk,
    id: String,
}

impl<'a> Sent<'a> {
    /// An import with its files, sent in pieces of `piece` bytes.
    async fn new(desk: &'a Desk, table: &str, piece: usize) -> Self {
        let request = p::StartImportRequest {
            study_oid: STUDY.into(),
            data_file: "vs.csv".into(),
            request_id: Some(unique("import")),
        };
        let begun = desk.jobs.start_import(&data_manager(), request).await.unwrap();
        assert_eq!(begun.state(), State::Receiving);
        let sent = Self { desk, id: begun.import_id };
        sent.send("vs.csv", table, piece).await.unwrap();
        sent.send("m.toml", &MAPPING.replace("STUDY\" }", &format!("{STUDY}\" }}")), 4096)
            .await
            .unwrap();
        sent
    }

    async fn send(&self, name: &str, text: &str, piece: usize) -> Result<(), Error> {
        for (number, content) in text.as_bytes().chunks(piece).enumerate() {
            let request = p::UploadImportFileRequest {
                study_oid: STUDY.into(),
                import_id: self.id.clone(),
                file_name: name.into(),
                size_bytes: i64::try_from(text.len()).unwrap(),
                offset_bytes: i64::try_from(number * piece).unwrap(),
                content: content.to_vec(),
            };
            self.desk.jobs.upload_import_file(&data_manager(), request).await?;
        }
        Ok(())
    }

    async fn ask_check(&self, mapping: Option<&str>) -> Result<p::Import, Error> {
        let request = p::CheckImportRequest {
            study_oid: STUDY.into(),
            import_id: self.id.clone(),
            mapping_file: mapping.map(ToOwned::to_owned),
            reason: Some("transfer".into()),
            complete: false,
            request_id: None,
        };
        self.desk.jobs.check_import(&data_manager(), request).await
    }

    async fn checked(&self) -> p::Import {
        self.ask_check(Some("m.toml")).await.unwrap();
        self.desk.worker.run_until_idle().await;
        self.seen().await
    }

    async fn ask_apply(&self, keep_good: bool) -> Result<p::Import, Error> {
        let request = p::ApplyImportRequest {
            study_oid: STUDY.into(),
            import_id: self.id.clone(),
            keep_good,
            request_id: None,
        };
        self.desk.jobs.apply_import(&data_manager(), request).await
    }

    async fn seen(&self) -> p::Import {
        let request = p::GetImportRequest { study_oid: STUDY.into(), import_id: self.id.clone() };
        self.desk.jobs.get_import(&data_manager(), request).await.unwrap()
    }

    async fn rows(&self, outcome: Option<Outcome>, page_size: i32) -> Vec<p::ImportRow> {
        let mut request = p::ListImportRowsRequest {
            study_oid: STUDY.into(),
            import_id: self.id.clone(),
            outcome: outcome.map(Into::into),
            page_size: Some(page_size),
            page_token: None,
        };
        let mut all = Vec::new();
        loop {
            let page = self.desk.jobs.list_import_rows(&data_manager(), request.clone()).await;
            let page = page.unwrap();
            all.extend(page.rows);
            request.page_token = page.next_page_token;
            if request.page_token.is_none() {
                return all;
            }
        }
    }

    async fn weight(&self, subject: &str) -> Option<String> {
        held(&self.desk.world.record(subject, "SE.SCR/F.VS").await, "IG.VS/I.WEIGHT")
    }
}

#[test]
fn an_import_is_checked_without_writing_then_applied_and_twice_is_once() {
    on_every_desk(async |desk| {
        desk.world.screen("S1").await;
        let sent = Sent::new(&desk, "SUBJECT,WEIGHT\nS1,70.5\n", 5).await;
        let checked = sent.checked().await;
        assert_eq!(checked.state(), State::Checked, "{checked:?}");
        let report = checked.report.unwrap();
        assert_eq!((report.accepted, report.values, report.applied), (1, 1, false));
        assert_eq!(sent.weight("S1").await, None, "a check writes nothing");
        for _ in 0..2 {
            sent.ask_apply(false).await.unwrap();
            desk.worker.run_until_idle().await;
            let applied = sent.seen().await;
            assert_eq!(applied.state(), State::Done, "{applied:?}");
            let report = applied.report.unwrap();
            assert_eq!((report.accepted, report.applied, report.resumed), (1, true, false));
        }
        assert_eq!(sent.weight("S1").await.as_deref(), Some("70.5"));
        assert_eq!(desk.world.record("S1", "SE.SCR/F.VS").await.version, 1);
    });
}

#[test]
fn every_row_is_told_what_became_of_it_and_bad_ones_hold_the_others_back_unless_wanted() {
    on_every_desk(async |desk| {
        desk.world.screen("S1").await;
        let table = "SUBJECT,WEIGHT\nS1,70.5\nS9,71\nS8,heavy\n";
        let sent = Sent::new(&desk, table, 4096).await;
        let report = sent.checked().await.report.unwrap();
        assert_eq!((report.accepted, report.rejected), (1, 2));
        let mut rejected = sent.rows(Some(Outcome::Rejected), 1).await;
        rejected.sort_by_key(|row| row.row);
        assert_eq!(rejected.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 3]);
        assert!(rejected[0].reason.contains("SUBJECT_UNKNOWN"), "{rejected:?}");
        assert_eq!(sent.rows(None, 2).await.len(), 3);
        let error = sent.ask_apply(false).await.unwrap_err();
        assert_eq!(error.reason(), "IMPORT_HAS_REJECTED_ROWS");
        assert_eq!(error.metadata()["rejected"], "2");
        sent.ask_apply(true).await.unwrap();
        desk.worker.run_until_idle().await;
        assert_eq!(sent.weight("S1").await.as_deref(), Some("70.5"));
        let request =
            p::DownloadImportReportRequest { study_oid: STUDY.into(), import_id: sent.id.clone() };
        let pieces = desk.jobs.download_import_report(&data_manager(), request).await.unwrap();
        let pieces: Vec<_> = pieces.try_collect().await.unwrap();
        let text: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.data).collect();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.contains("1,2,accepted,\"\""), "{text}");
    });
}

#[test]
fn what_cannot_be_used_is_named_and_can_be_sent_again() {
    on_every_desk(async |desk| {
        desk.world.screen("S1").await;
        let sent = Sent::new(&desk, "SUBJECT,KG\nS1,70.5\n", 4096).await;
        assert_eq!(sent.ask_check(None).await.unwrap_err().violations()[0].field, "mappingFile");
        let error = sent.ask_check(Some("other.toml")).await.unwrap_err();
        assert_eq!(error.reason(), "UPLOAD_INCOMPLETE");
        let failed = sent.checked().await;
        assert_eq!((failed.state(), failed.failure()), (State::Failed, "IMPORT_UNFIT"));
        assert!(failed.faults.iter().any(|fault| fault.contains("WEIGHT")), "{failed:?}");
        let told = failed.faults.concat();
        assert!(!told.contains("/imp_"), "where the files lie is not told: {told}");
        sent.send("vs.csv", "SUBJECT,WEIGHT\nS1,70.5\n", 7).await.unwrap();
        assert_eq!(sent.checked().await.state(), State::Checked);
        sent.send("vs.csv", "SUBJECT,WEIGHT\nS1,99.5\n", 4096).await.unwrap();
        sent.ask_apply(false).await.unwrap();
        desk.worker.run_until_idle().await;
        assert_eq!(sent.seen().await.failure(), "IMPORT_CHANGED", "it was not checked like this");
        assert_eq!(sent.weight("S1").await, None);
    });
}

#[test]
fn an_import_whose_worker_died_goes_on_and_says_so() {
    on_every_desk(async |desk| {
        desk.world.screen("S1").await;
        let sent = Sent::new(&desk, "SUBJECT,WEIGHT\nS1,70.5\n", 4096).await;
        sent.checked().await;
        sent.ask_apply(false).await.unwrap();
        let now_ms = desk.world.clock.now().as_millisecond();
        desk.world.store.claim(QUEUE, now_ms, 18_000).await.unwrap().unwrap();
        let error = sent.send("vs.csv", "SUBJECT,WEIGHT\n", 4096).await.unwrap_err();
        assert_eq!(error.reason(), "JOB_STATE", "nothing is exchanged under its hands");
        desk.world.clock.advance(SignedDuration::from_secs(19));
        desk.worker.run_until_idle().await;
        let done = sent.seen().await;
        assert_eq!(done.state(), State::Done);
        assert!(done.report.unwrap().resumed);
        assert_eq!(sent.weight("S1").await.as_deref(), Some("70.5"));
    });
}

#[test]
fn fhir_resources_are_imported_without_a_mapping_and_again_change_nothing() {
    on_every_desk(async |desk| {
        desk.world.screen("S1").await;
        let subject = format!("urn:casebook:{STUDY}:subject");
        let response = serde_json::json!({
            "resourceType": "QuestionnaireResponse",
            "questionnaire": format!("urn:casebook:{STUDY}:Questionnaire:F.VS"),
            "status": "completed",
            "subject": { "identifier": { "system": subject, "value": "S1" } },
            "encounter": { "identifier": { "value": "SE.SCR" } },
            "item": [{ "linkId": "IG.VS", "item": [
                { "linkId": "I.WEIGHT", "answer": [{ "valueDecimal": 70.5 }] },
            ] }],
        });
        for changes in [1, 0] {
            let request = p::StartImportRequest {
                study_oid: STUDY.into(),
                data_file: "vs.json".into(),
                request_id: Some(unique("import")),
            };
            let begun = desk.jobs.start_import(&data_manager(), request).await.unwrap();
            let sent = Sent { desk: &desk, id: begun.import_id };
            sent.send("vs.json", &response.to_string(), 4096).await.unwrap();
            sent.ask_check(None).await.unwrap();
            desk.worker.run_until_idle().await;
            sent.ask_apply(false).await.unwrap();
            desk.worker.run_until_idle().await;
            let done = sent.seen().await;
            assert_eq!(done.state(), State::Done, "{done:?}");
            let report = done.report.unwrap();
            assert_eq!((report.values, report.unchanged), (changes, 1 - changes));
            assert_eq!(sent.weight("S1").await.as_deref(), Some("70.5"));
        }
    });
}
