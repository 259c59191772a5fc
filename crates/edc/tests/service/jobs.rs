//! Exports and imports that run as jobs.

mod exports;
mod imports;

use std::sync::Arc;

use contract::{
    Context, Error,
    job::v1::{
        self as p, Jobs,
        grpc::{JobsRemote, doors},
        rest,
    },
};
use edc::{Edc, JobFolder, JobWorker};
use futures::TryStreamExt as _;
use tempfile::TempDir;
use testkit::{access::Place, wire::Wire};

use crate::world::{HERE, STUDY, THERE, World, on_every_store, unique};

/// The name of the folder, and with it of the queue from which its workers work.
const PLACE: &str = "TEST";
const QUEUE: &str = "jobs-TEST";

/// A world with a folder for jobs, a worker, and a way to ask for jobs.
struct Desk {
    world: World,
    jobs: Arc<dyn Jobs>,
    worker: JobWorker,
    _wire: Option<Wire>,
    _folder: TempDir,
}

/// Runs a test on every store, directly, and over the wire.
fn on_every_desk(test: impl AsyncFn(Desk)) {
    on_every_store(async |world| test(Desk::new(world).await).await);
}

impl Desk {
    async fn new(world: World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Arc::new(JobFolder::open(folder.path(), PLACE).unwrap());
        let edc = Edc::new(Arc::clone(&world.store), world.clock.as_fn()).with_jobs(jobs);
        let service = Arc::new(edc);
        let worker = JobWorker::new(Arc::clone(&service)).unwrap();
        let mut jobs = service as Arc<dyn Jobs>;
        let mut wire = None;
        if world.is_over_the_wire() {
            let served = Wire::serving(|server| server.mount(doors(), &jobs)).await;
            jobs = Arc::new(JobsRemote::new(served.channel(), served.tokens()));
            wire = Some(served);
        }
        Self { world, jobs, worker, _wire: wire, _folder: folder }
    }

    async fn get_export(&self, context: &Context, id: &str) -> Result<p::Export, Error> {
        let request = p::GetExportRequest { study_oid: STUDY.into(), export_id: id.into() };
        self.jobs.get_export(context, request).await
    }

    /// The bytes of a file, and the size that was told before them.
    async fn download(
        &self,
        context: &Context,
        id: &str,
        file: &str,
    ) -> Result<(Vec<u8>, Option<u64>), Error> {
        let request = p::DownloadExportFileRequest {
            study_oid: STUDY.into(),
            export_id: id.into(),
            file_name: file.into(),
        };
        let context = Context { size: contract::AnswerSize::default(), ..context.clone() };
        let pieces: Vec<_> =
            self.jobs.download_export_file(&context, request).await?.try_collect().await?;
        let bytes = pieces.into_iter().flat_map(|piece| piece.data).collect();
        Ok((bytes, context.size.bytes()))
    }
}

/// Who may do what does not depend on the store.
#[test]
fn every_method_allows_what_the_table_says_and_tells_strangers_nothing() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(async {
        let desk = Desk::new(World::over_the_wire().await).await;
        desk.world.screen("SECRET-1").await;
        let request_id = unique("export");
        let bodies = [
            ("StartExport", r#"{"format":"json","siteOid":"101"}"#.to_owned()),
            ("CancelExport", format!(r#"{{"requestId":"{request_id}"}}"#)),
            ("StartImport", r#"{"dataFile":"a.csv"}"#.to_owned()),
            ("UploadImportFile", r#"{"fileName":"a.csv","sizeBytes":"1","content":"YQ=="}"#.into()),
            ("CheckImport", r#"{"mappingFile":"m.toml"}"#.to_owned()),
            ("ApplyImport", "{}".to_owned()),
            ("CancelImport", "{}".to_owned()),
        ];
        let bodies: Vec<(&'static str, &'static str)> =
            bodies.into_iter().map(|(name, body)| (name, &*body.leak())).collect();
        let place = Place {
            service: Arc::clone(&desk.jobs),
            routes: rest::routes,
            study: STUDY,
            site: HERE,
            other_site: THERE,
            secret: "SECRET-1",
            queries: [].into(),
            names: [
                ("study_oid", STUDY),
                ("export_id", "exp_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
                ("import_id", "imp_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
                ("file_name", "a.csv"),
            ]
            .into(),
            bodies: bodies.into_iter().collect(),
        };
        place.keeps_to_the_table().await;
    });
}
