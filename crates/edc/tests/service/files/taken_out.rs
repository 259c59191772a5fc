//! Attached files beside the data of an export.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use edc::export::{ExportFailure, ExportRequest, Exported, export};
use formats::export::{Scratch, Sink};

use super::{
    Context, DM, Desk, IP, PAGE, PHOTO, PICTURE, SCAN, STUDY, data_manager, fs, on_every_desk,
    sha256,
};
use contract::{Authentication, Caller, Grant, Role};

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

#[derive(Clone, Default)]
struct Kept(Files);

struct KeptFile(String, Files);

impl Sink for Kept {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        let before = self.0.lock().unwrap().insert(name.to_owned(), Vec::new());
        assert_eq!(before, None, "{name} is written twice");
        Ok(Box::new(KeptFile(name.to_owned(), Arc::clone(&self.0))))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

impl Write for KeptFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.lock().unwrap().get_mut(&self.0).unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The attached files of an export, and what it says of itself.
async fn exported(
    desk: &Desk,
    context: &Context,
    format: &str,
) -> Result<(BTreeMap<String, Vec<u8>>, Exported), ExportFailure> {
    let request =
        ExportRequest { format: format.to_owned(), files: true, ..ExportRequest::default() };
    let (kept, study) = (Kept::default(), STUDY.into());
    let sink = Box::new(kept.clone());
    let said = export(&desk.service, context, &study, request, sink, Arc::new(|_| {})).await?;
    let mut files = kept.0.lock().unwrap().clone();
    files.retain(|name, _| name.starts_with("files/"));
    Ok((files, said))
}

fn in_roles(roles: &[Role]) -> Caller {
    let grant = |role: &Role| Grant { role: *role, study: Some(STUDY.to_owned()), site: None };
    Caller::new("una", Authentication::Token, roles.iter().map(grant).collect())
}

fn named(bytes: &[u8], ending: &str) -> (String, Vec<u8>) {
    (format!("files/S1/{}.{ending}", sha256(bytes)), bytes.to_vec())
}

#[test]
fn an_export_brings_the_files_that_its_values_name_and_no_others() {
    on_every_desk(async |desk| {
        let page = desk.upload("page.pdf", PAGE).await.unwrap();
        let picture = desk.upload("scan.png", PICTURE).await.unwrap();
        desk.attach(DM, SCAN, 0, &page).await;
        let (files, said) = exported(&desk, &data_manager(), "csv").await.unwrap();
        assert_eq!(files, BTreeMap::from([named(PAGE, "pdf")]));
        let (name, bytes) = named(PAGE, "pdf");
        let listed = said.files.iter().find(|file| file.name == name).unwrap();
        assert_eq!((listed.bytes, listed.sha256.as_str()), (bytes.len() as u64, &*sha256(PAGE)));
        assert!(said.manifest.contains(&name), "{}", said.manifest);

        // What was there before belongs to the history alone.
        desk.attach(DM, SCAN, 1, &picture).await;
        let (files, _) = exported(&desk, &data_manager(), "csv").await.unwrap();
        assert_eq!(files, BTreeMap::from([named(PICTURE, "png")]));
        let (files, _) = exported(&desk, &data_manager(), "odm-transactional").await.unwrap();
        assert_eq!(files, BTreeMap::from([named(PAGE, "pdf"), named(PICTURE, "png")]));
    });
}

#[test]
fn a_file_that_tells_the_arm_is_not_in_the_export_of_who_may_not_see_it() {
    on_every_desk(async |desk| {
        let picture = desk.upload("tablets.png", PICTURE).await.unwrap();
        desk.attach(IP, PHOTO, 0, &picture).await;
        for format in ["csv", "odm-transactional"] {
            let (files, _) = exported(&desk, &data_manager(), format).await.unwrap();
            assert_eq!(files, BTreeMap::new());
            let mut unblinded = data_manager();
            unblinded.caller = in_roles(&[Role::DataManager, Role::Pharmacist]);
            let (files, _) = exported(&desk, &unblinded, format).await.unwrap();
            assert_eq!(files, BTreeMap::from([named(PICTURE, "png")]));
        }
    });
}

#[test]
fn an_export_with_a_file_that_is_missing_or_altered_is_refused_by_its_name() {
    on_every_desk(async |desk| {
        let page = desk.upload("page.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &page).await;
        let kept = desk.kept(&sha256(PAGE)).remove(0);
        let refusal = async || match exported(&desk, &data_manager(), "csv").await {
            Err(refused) => refused.to_string(),
            Ok((files, _)) => panic!("exported {} files", files.len()),
        };
        fs::write(&kept, b"%PDF-1.4 another").unwrap();
        let told = refusal().await;
        assert!(told.contains("page.pdf of subject S1, which is not what was uploaded"), "{told}");
        fs::remove_file(&kept).unwrap();
        let told = refusal().await;
        assert!(told.contains("page.pdf of subject S1, which is missing"), "{told}");
        assert!(told.contains("without attached files"), "{told}");
    });
}
