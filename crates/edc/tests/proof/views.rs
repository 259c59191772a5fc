use std::sync::Arc;

use edc::proof::{VerifyOptions, VerifyReport, rebuild_views};
use kernel::StudyVersion;

use crate::world::{World, caller, counting, entry, said, version};

async fn rebuild(world: &World) {
    let rebuilt = rebuild_views(&world.store, None, Arc::new(|_, _| {})).await.unwrap();
    assert_eq!((rebuilt.studies, rebuilt.casebooks), (1, 3));
    assert_eq!(world.faults().await, Vec::<String>::new());
}

/// Who changes how rows are written raises the layout: without that, a program reads rows that it
/// does not understand. Only then may the hash below be another one.
#[tokio::test]
async fn rows_are_written_as_their_layout_says() {
    let written = (edc::LAYOUT_OF_VIEWS, World::new().await.hash_of_rows());
    assert_eq!(
        written,
        (2, "eea2729521c13cbb8e47ff9edd275eeaf736834f0c4fc37dce1857704c65362e".to_owned())
    );
}

#[tokio::test]
async fn a_changed_record_is_found_with_its_items_and_put_right() {
    let world = World::new().await;
    let changed = "UPDATE view_row
         SET bytes = CAST(replace(CAST(bytes AS TEXT), '120', '119') AS BLOB)
         WHERE view = 10 AND instr(bytes, CAST('120' AS BLOB)) > 0
           AND key LIKE '%01-0001%E.1%'";
    assert_eq!(world.tamper(changed), 1);
    assert_eq!(
        world.faults().await,
        [
            "study S1, form record F.VS / 01-0001 / E.1 / 1 / 1: is not what the log tells: different in item IG.VS[1].I.SBP"
        ]
    );
    rebuild(&world).await;
}

#[tokio::test]
async fn rows_that_were_deleted_are_found_and_put_right() {
    let world = World::new().await;
    assert_eq!(world.tamper("DELETE FROM view_row WHERE view = 11 AND key LIKE '%01-0002'"), 1);
    assert_eq!(world.tamper("DELETE FROM view_row WHERE view = 13"), 1);
    assert_eq!(
        world.faults().await,
        [
            "study S1, row in the list of subjects 01 / 01-0002: is missing, although the log tells of it",
            "study S1, row in the list of ended queries 01 / 01-0003 / 00000002: is missing, although the log tells of it",
        ]
    );
    rebuild(&world).await;
}

#[tokio::test]
async fn rows_that_were_added_are_found_and_taken_away() {
    let world = World::new().await;
    let added = "
        INSERT INTO view_row SELECT study, 10, replace(key, 'E.1', 'E.9'), bytes FROM view_row
          WHERE view = 10 AND key LIKE '%01-0002%';
        INSERT INTO view_row SELECT study, 11, replace(key, '01-0002', '01-0099'), bytes
          FROM view_row WHERE view = 11 AND key LIKE '%01-0002';
        INSERT INTO view_row SELECT study, 12, '07' || substr(key, 3), bytes FROM view_row
          WHERE view = 12;
        INSERT INTO view_row SELECT study, 13, 'stray', bytes FROM view_row WHERE view = 12
          AND key LIKE '01%'";
    assert_eq!(world.tamper(added), 4);
    assert_eq!(
        world.faults().await,
        [
            "study S1, form record F.VS / 01-0002 / E.9 / 1 / 1: is surplus: the log of its subject does not tell of it",
            "study S1, row in the list of subjects 01 / 01-0099: belongs to no log",
            "study S1, row in the list of pending queries 07 / 01-0003 / 00000001: is surplus: the log of its subject does not tell of it",
            "study S1, row in the list of ended queries stray: names no subject, and no log accounts for it",
        ]
    );
    rebuild(&world).await;
}

#[tokio::test]
async fn rows_of_a_log_that_was_taken_away_are_found() {
    let world = World::new().await;
    assert_eq!(world.tamper("DELETE FROM log WHERE key = '01-0001'"), 1);
    assert_eq!(world.faults_of_chains().await, Vec::<String>::new());
    let faults = world.faults().await;
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.contains("01-0001") && fault.ends_with("to no log")));
}

#[tokio::test]
async fn all_faults_are_counted_and_the_first_are_listed() {
    let world = World::new().await;
    let many = "INSERT INTO view_row
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 250)
        SELECT 'S1', 11, printf('01%s77-%04d', char(31), n), x'00' FROM number";
    assert_eq!(world.tamper(many), 250);
    let options = VerifyOptions { views: true, ..VerifyOptions::default() };
    let report = world.verify(options).await;
    assert_eq!((report.faults.len(), report.faults_total), (VerifyReport::MAX_FAULTS, 250));
    assert_eq!(report.view_rows, 261);
    assert!(said(&report)[0].contains("01 / 77-0001"));
}

#[tokio::test]
async fn a_visit_keeps_the_date_that_an_earlier_version_of_the_study_gave_it() {
    let world = World::new().await;
    let later = StudyVersion { visit_dates: Vec::new(), version_name: "2".to_owned(), ..version() };
    world.edc.publish(&caller(), later, None).await.unwrap();
    assert_eq!(world.faults().await, Vec::<String>::new());
    let redated = "UPDATE view_row
         SET bytes = CAST(replace(CAST(bytes AS TEXT), '2026-03-02', '2026-03-09') AS BLOB)
         WHERE view = 11 AND key LIKE '%01-0002'";
    assert_eq!(world.tamper(redated), 1);
    assert_eq!(
        world.faults().await,
        [
            "study S1, row in the list of subjects 01 / 01-0002: is not what the log tells: different in visits"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_rebuilt_while_others_write() {
    let world = Arc::new(World::new().await);
    world.tamper("DELETE FROM view_row");
    let writer = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            for at in 0..30 {
                world.note("01-0001", &format!("call {at}")).await;
            }
        }
    });
    let (progress, most) = counting();
    rebuild_views(&world.store, Some(&world.study), progress).await.unwrap();
    writer.await.unwrap();
    assert_eq!(world.faults().await, Vec::<String>::new());
    assert!(most.load(std::sync::atomic::Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn views_are_not_rebuilt_from_a_broken_log() {
    let world = World::new().await;
    assert_eq!(world.tamper(&format!("DELETE FROM entry WHERE {}", entry("01-0002", 1))), 1);
    let refused = rebuild_views(&world.store, None, Arc::new(|_, _| {})).await.unwrap_err();
    assert_eq!(refused.to_string(), "the log S1/casebook/01-0002 is broken; run verify");
    let options = VerifyOptions { views: true, ..VerifyOptions::default() };
    let report = world.verify(options).await;
    // The rows are still there: those of the broken log are the two that cannot be judged.
    assert_eq!((report.view_rows, report.faults_total), (11, 1));
}
