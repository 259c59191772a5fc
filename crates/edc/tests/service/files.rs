//! Files that are attached to items: sent in pieces, saved by reference, downloaded, kept.

mod kept;
mod taken_out;

use std::{fs, path::PathBuf, sync::Arc};

use contract::{
    Code, Context, Error, Role,
    edc::v1::{
        Edc as EdcContract, ExportStudyRequest, export_study_request::Format, grpc::EdcRemote,
        item_entry::Entry,
    },
    file::v1::{self as p, Files, grpc::FilesRemote},
};
use edc::{Edc, FileFolder};
use futures::TryStreamExt as _;
use jiff::SignedDuration;
use journal::Hash;
use kernel::{
    DataType,
    study::{ItemDef, ItemRef},
};
use tempfile::TempDir;
use testkit::{access::Place, study, wire::Wire};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, data_manager, entry, held, in_role, monitor,
    on_every_store, save, unique, value, words,
};

const DM: &str = "SE.SCR/F.DM";
const IP: &str = "SE.W2/F.IP";
const SCAN: &str = "IG.DM/I.SCAN";
/// It reveals the arm.
const PHOTO: &str = "IG.IP/I.PHOTO";
const PICTURE: &[u8] = include_bytes!("../../../../docs/pictures/matrix.png");
const PAGE: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// A world with a folder for files, and a study with items for them.
struct Desk {
    world: World,
    service: Arc<Edc>,
    files: Arc<dyn Files>,
    folder: TempDir,
    _wire: Option<Wire>,
}

fn on_every_desk(test: impl AsyncFn(Desk)) {
    on_every_store(async |world| test(Desk::new(world).await).await);
}

fn file_item(oid: &str) -> ItemDef {
    let name = oid.trim_start_matches("I.").to_owned();
    ItemDef { oid: oid.into(), name, data_type: DataType::File, ..ItemDef::default() }
}

impl Desk {
    async fn new(mut world: World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kept = Arc::new(FileFolder::open(folder.path()).unwrap());
        let edc = Edc::new(Arc::clone(&world.store), world.clock.as_fn()).with_files(kept);
        let service = Arc::new(edc);
        let mut version = study::version();
        for (group, item) in [("IG.DM", "I.SCAN"), ("IG.IP", "I.PHOTO")] {
            version.items.push(file_item(item));
            let group = version.item_groups.iter_mut().find(|one| one.oid.as_str() == group);
            group.unwrap().items.push(ItemRef { item: item.into(), ..ItemRef::default() });
        }
        version.version_oid = "MDV.2".into();
        version.blinding.items.push("I.PHOTO".into());
        let admin = contract::Caller::system("casebook");
        service.publish(&admin, version, Some("files".to_owned())).await.unwrap();
        let mut files = Arc::clone(&service) as Arc<dyn Files>;
        world.edc = Arc::clone(&service) as Arc<dyn EdcContract>;
        let mut wire = None;
        if world.is_over_the_wire() {
            let served = Wire::serving(|server| {
                server
                    .mount(contract::file::v1::grpc::doors(), &files)
                    .mount(contract::edc::v1::grpc::doors(), &world.edc)
            })
            .await;
            files = Arc::new(FilesRemote::new(served.channel(), served.tokens()));
            world.edc = Arc::new(EdcRemote::new(served.channel(), served.tokens()));
            wire = Some(served);
        }
        world.screen("S1").await;
        Self { world, service, files, folder, _wire: wire }
    }

    async fn piece(
        &self,
        context: &Context,
        request: p::UploadFileRequest,
    ) -> Result<p::UploadFileResponse, Error> {
        self.files.upload_file(context, request).await
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Result<p::AttachedFile, Error> {
        let request = whole("S1", name, bytes);
        Ok(self.piece(&coordinator(), request).await?.file.unwrap())
    }

    async fn attach(&self, form: &str, item: &str, seen: i32, file: &p::AttachedFile) {
        self.world.save("S1", form, seen, &[value(item, &file.reference)]).await.unwrap();
    }

    async fn download(
        &self,
        context: &Context,
        (form, item): (&str, &str),
        name: &str,
        sha256: Option<&str>,
    ) -> Result<(String, Vec<u8>), Error> {
        let (event, form) = form.split_once('/').unwrap();
        let (group, item) = item.split_once('/').unwrap();
        let request = p::DownloadFileRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: event.into(),
            study_event_repeat_key: "1".into(),
            form_oid: form.into(),
            form_repeat_key: "1".into(),
            item_group_oid: group.into(),
            item_group_repeat_key: "1".into(),
            item_oid: item.into(),
            file_name: name.into(),
            sha256: sha256.map(ToOwned::to_owned),
        };
        let pieces: Vec<_> =
            self.files.download_file(context, request).await?.try_collect().await?;
        let media_type = pieces[0].content_type.clone();
        Ok((media_type, pieces.into_iter().flat_map(|piece| piece.data).collect()))
    }

    /// Every file in the folder that is called by this SHA-256.
    fn kept(&self, sha256: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for subject in fs::read_dir(self.folder.path()).unwrap() {
            let own = subject.unwrap().path();
            let places = [own.join(sha256), own.join("new").join(sha256)];
            found.extend(places.into_iter().filter(|path| path.exists()));
        }
        found
    }

    async fn faults(&self) -> Vec<String> {
        self.service.verify_files().await.unwrap().faults
    }
}

fn whole(subject: &str, name: &str, bytes: &[u8]) -> p::UploadFileRequest {
    p::UploadFileRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        upload_id: unique("upload"),
        file_name: name.into(),
        size_bytes: i64::try_from(bytes.len()).unwrap(),
        offset_bytes: 0,
        content: bytes.to_vec(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Hash::of(bytes).to_string()
}

#[test]
fn a_file_is_sent_in_pieces_saved_by_its_reference_and_comes_back_as_it_was() {
    on_every_desk(async |desk| {
        let mut request = whole("S1", "C:\\scans\\化验单 1.png", PICTURE);
        let mut last = p::UploadFileResponse::default();
        let size = PICTURE.len().div_ceil(3);
        for (number, piece) in PICTURE.chunks(size).enumerate() {
            request.offset_bytes = i64::try_from(number * size).unwrap();
            request.content = piece.to_vec();
            // The answer to a piece may be lost: it is sent again.
            for _ in 0..2 {
                last = desk.piece(&coordinator(), request.clone()).await.unwrap();
            }
        }
        let file = last.file.unwrap();
        let is = format!(
            "sha256:{};size={};type=image/png;name=化验单 1.png",
            sha256(PICTURE),
            PICTURE.len()
        );
        assert_eq!(file.reference, is);
        desk.attach(DM, SCAN, 0, &file).await;
        let record = desk.world.record("S1", DM).await;
        assert_eq!(held(&record, SCAN), Some(is));
        let (media_type, bytes) =
            desk.download(&monitor(), (DM, SCAN), "化验单 1.png", None).await.unwrap();
        assert_eq!((media_type.as_str(), bytes.as_slice()), ("image/png", PICTURE));
        assert_eq!(desk.faults().await, Vec::<String>::new());
    });
}

#[test]
fn a_piece_that_does_not_follow_is_refused_with_where_the_next_begins() {
    on_every_desk(async |desk| {
        let mut request = whole("S1", "a.png", PICTURE);
        request.content.truncate(1000);
        desk.piece(&coordinator(), request.clone()).await.unwrap();
        request.offset_bytes = 1200;
        let refused = desk.piece(&coordinator(), request.clone()).await.unwrap_err();
        assert_eq!((refused.reason(), &*refused.metadata()["received"]), ("UPLOAD_OFFSET", "1000"));
        request.offset_bytes = 1000;
        let other = in_role(Role::Investigator, None);
        let refused = desk.piece(&other, request).await.unwrap_err();
        assert_eq!(refused.reason(), "UPLOAD_OFFSET", "nobody goes on with another's upload");
    });
}

#[test]
fn what_is_no_page_or_picture_or_too_large_is_refused_and_nothing_is_kept() {
    on_every_desk(async |desk| {
        for bytes in
            [&b"<html><script>alert(1)</script></html>"[..], b"MZ\x90\0\x03", b"a,b\n1,2\n"]
        {
            let refused = desk.upload("report.pdf", bytes).await.unwrap_err();
            assert_eq!(refused.reason(), "FILE_KIND_REFUSED");
        }
        let mut large = whole("S1", "a.pdf", PAGE);
        large.size_bytes = (50 << 20) + 1;
        let refused = desk.piece(&coordinator(), large).await.unwrap_err();
        assert_eq!(refused.reason(), "FILE_TOO_LARGE");
        assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 0);
    });
}

#[test]
fn a_reference_to_what_was_not_uploaded_for_this_subject_is_refused() {
    on_every_desk(async |desk| {
        let file = desk.upload("a.pdf", PAGE).await.unwrap();
        desk.world.screen("S2").await;
        let refused = |request| desk.world.send(request);
        let other = [value(SCAN, &file.reference)];
        let error = refused(save("S2", DM, 0, &other)).await.unwrap_err();
        assert_eq!(error.reason(), "VALUE_INVALID");
        assert!(error.to_string().contains("was not uploaded for this subject"), "{error}");
        let lie = file.reference.replace("application/pdf;name=a.pdf", "image/png;name=a.png");
        let error = refused(save("S1", DM, 0, &[value(SCAN, &lie)])).await.unwrap_err();
        assert!(error.to_string().contains("the file is not image/png"), "{error}");
        let error = refused(save("S1", DM, 0, &[value(SCAN, "a.pdf")])).await.unwrap_err();
        assert!(error.to_string().contains("the reference of an uploaded file"), "{error}");
    });
}

#[test]
fn a_file_that_was_replaced_stays_in_the_history_and_is_still_there() {
    on_every_desk(async |desk| {
        let first = desk.upload("first.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &first).await;
        let second = desk.upload("second.png", PICTURE).await.unwrap();
        desk.attach(DM, SCAN, 1, &second).await;
        let missing = entry(SCAN, Entry::MissingReason(1));
        desk.world.save("S1", DM, 2, &[missing]).await.unwrap();
        let history = desk.world.history("S1", DM, SCAN).await;
        let told: Vec<_> = history.iter().map(|entry| words(entry.new_value.as_ref())).collect();
        let is = [first.reference.clone(), second.reference.clone(), "NOT_DONE".to_owned()];
        assert_eq!(told, is.map(Some));
        let at = (DM, SCAN);
        let (_, bytes) =
            desk.download(&monitor(), at, "first.pdf", Some(&first.sha256)).await.unwrap();
        assert_eq!(bytes, PAGE);
        let gone = desk.download(&monitor(), at, "second.png", None).await.unwrap_err();
        assert_eq!(gone.reason(), "FILE_UNKNOWN", "the item holds no file now");
        let unknown = sha256(b"something else");
        let error = desk.download(&monitor(), at, "first.pdf", Some(&unknown)).await.unwrap_err();
        assert_eq!(error.reason(), "FILE_UNKNOWN");
    });
}

#[test]
fn a_file_of_a_blinded_item_is_for_those_who_may_see_it() {
    on_every_desk(async |desk| {
        let file = desk.upload("kit.png", PICTURE).await.unwrap();
        desk.attach(IP, PHOTO, 0, &file).await;
        let at = (IP, PHOTO);
        let error = desk.download(&monitor(), at, "kit.png", None).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        let pharmacist = in_role(Role::Pharmacist, None);
        assert_eq!(desk.download(&pharmacist, at, "kit.png", None).await.unwrap().1, PICTURE);
        let elsewhere = in_role(Role::Monitor, Some(THERE));
        let error = desk.download(&elsewhere, at, "kit.png", None).await.unwrap_err();
        assert_eq!(error.reason(), "SUBJECT_UNKNOWN");
    });
}

/// Who may do what does not depend on the store.
#[test]
fn every_method_allows_what_the_table_says_and_tells_strangers_nothing() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(async {
        let desk = Desk::new(World::over_the_wire().await).await;
        desk.world.screen("SECRET-1").await;
        let upload =
            r#"{"uploadId":"u1","fileName":"a.pdf","sizeBytes":"9","content":"JVBERi0xLjQK"}"#;
        let place = Place {
            service: Arc::clone(&desk.files),
            routes: contract::file::v1::rest::routes,
            study: STUDY,
            site: HERE,
            other_site: THERE,
            secret: "SECRET-1",
            queries: [].into(),
            names: [
                ("study_oid", STUDY),
                ("subject_key", "SECRET-1"),
                ("study_event_oid", "SE.SCR"),
                ("study_event_repeat_key", "1"),
                ("form_oid", "F.DM"),
                ("form_repeat_key", "1"),
                ("item_group_oid", "IG.DM"),
                ("item_group_repeat_key", "1"),
                ("item_oid", "I.SCAN"),
                ("file_name", "a.pdf"),
            ]
            .into(),
            bodies: [("UploadFile", upload)].into(),
        };
        place.keeps_to_the_table().await;
    });
}
