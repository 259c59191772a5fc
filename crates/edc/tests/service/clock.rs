//! A clock that is set back in the middle of work.

use std::sync::Arc;

use contract::{Caller, edc::v1::Edc};
use jiff::SignedDuration;
use journal::Chain;
use store::Store;
use testkit::study;

use crate::world::{STUDY, World, coordinator, held, on_every_store, save, value};

const VS: &str = "SE.SCR/F.VS";
const PAGE: u32 = 1_000;
const STEPS: i32 = 4;

#[test]
fn no_log_goes_back_in_time_with_the_clock_whoever_writes_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let mut version = study::version();
        for step in 0..STEPS {
            // Half of the work is done by a process that has seen nothing of the other half.
            let other = world.another();
            let back = SignedDuration::from_hours(-7);
            world.clock.advance(if step % 2 == 0 { back } else { SignedDuration::from_secs(90) });
            save_weight(&other, 2 * step).await;
            world.clock.advance(back);
            save_weight(&world.edc, 2 * step + 1).await;
            let subject = format!("S{}", step + 2);
            world.screen(&subject).await;
            world.enrol(&subject).await;
            version.version_oid = format!("MDV.{}", step + 2).as_str().into();
            world.service.publish(&Caller::system("tests"), version.clone(), None).await.unwrap();
        }
        let record = world.record("S1", VS).await;
        assert_eq!((record.version, held(&record, "IG.VS/I.WEIGHT")), (8, Some("77".to_owned())));
        let logs = check_times(&world).await;
        assert_eq!(logs, 1 + 1 + 5, "of the study, of the site, of each subject");
        world.verifies().await;
    });
}

async fn save_weight(edc: &Arc<dyn Edc>, seen_version: i32) {
    let weight = [value("IG.VS/I.WEIGHT", &(70 + seen_version).to_string())];
    let request = save("S1", VS, seen_version, &weight);
    assert_eq!(request.study_oid, STUDY);
    edc.save_form(&coordinator(), request).await.unwrap();
}

/// Reads every log entry by entry; how many there are.
async fn check_times(world: &World) -> usize {
    let store: &Arc<dyn Store> = &world.store;
    let logs = store.logs(None, None, PAGE).await.unwrap();
    for (log, head) in &logs {
        let mut chain = Chain::new(log.clone());
        let mut last_ms = i64::MIN;
        for sealed in store.read(log, 1, PAGE).await.unwrap() {
            let entry = chain.accept(&sealed).unwrap();
            assert!(entry.recorded_at_ms >= last_ms, "{log}, entry {}", sealed.sequence);
            last_ms = entry.recorded_at_ms;
        }
        chain.finish(*head).unwrap();
    }
    logs.len()
}
