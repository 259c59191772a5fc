//! Files that are kept: until when, proven, exported, copied.

use super::*;

#[test]
fn a_file_that_no_form_names_is_removed_after_a_day_and_one_that_is_named_never() {
    on_every_desk(async |desk| {
        let named = desk.upload("named.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &named).await;
        let unnamed = desk.upload("unnamed.png", PICTURE).await.unwrap();
        desk.world.clock.advance(SignedDuration::from_hours(23));
        assert_eq!(desk.service.sweep_files().await.unwrap(), 0);
        desk.world.clock.advance(SignedDuration::from_hours(2));
        assert_eq!(desk.service.sweep_files().await.unwrap(), 1);
        assert_eq!((desk.kept(&unnamed.sha256).len(), desk.kept(&named.sha256).len()), (0, 1));
        desk.world.clock.advance(SignedDuration::from_hours(500));
        assert_eq!(desk.service.sweep_files().await.unwrap(), 0);
        let (_, bytes) = desk.download(&monitor(), (DM, SCAN), "named.pdf", None).await.unwrap();
        assert_eq!(bytes, PAGE);
        let error = desk.world.save("S1", DM, 1, &[value(SCAN, &unnamed.reference)]).await;
        assert_eq!(error.unwrap_err().reason(), "VALUE_INVALID");
    });
}

#[test]
fn a_file_that_is_missing_or_altered_is_named_with_its_place_and_not_given_out() {
    on_every_desk(async |desk| {
        let file = desk.upload("a.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &file).await;
        let path = desk.kept(&file.sha256).remove(0);
        let mut bytes = PAGE.to_vec();
        bytes[12] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let place = format!(
            "log {STUDY}/casebook/S1, entry 2: the file \"a.pdf\" of I.SCAN in SE.SCR/1 F.DM/1 \
             IG.DM/1 (sha256 {})",
            file.sha256
        );
        let altered = "is not what was uploaded: its bytes have another SHA-256";
        assert_eq!(desk.faults().await, [format!("{place} {altered}")]);
        let error = desk.download(&monitor(), (DM, SCAN), "a.pdf", None).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        fs::remove_file(&path).unwrap();
        assert_eq!(desk.faults().await, [format!("{place} is missing")]);
        let error = desk.download(&monitor(), (DM, SCAN), "a.pdf", None).await.unwrap_err();
        assert_eq!(error.reason(), "FILE_GONE");
    });
}

#[test]
fn an_export_names_the_file_and_its_sha256() {
    on_every_desk(async |desk| {
        let file = desk.upload("report 1.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &file).await;
        let request = ExportStudyRequest {
            study_oid: STUDY.into(),
            format: Format::Ndjson.into(),
            ..ExportStudyRequest::default()
        };
        let edc = &desk.world.edc;
        let pieces = edc.export_study(&data_manager(), request).await.unwrap();
        let pieces: Vec<_> = pieces.try_collect().await.unwrap();
        let bytes = pieces.into_iter().flat_map(|piece| piece.data).collect();
        let text = String::from_utf8(bytes).unwrap();
        let is = format!(
            "sha256:{};size={};type=application/pdf;name=report 1.pdf",
            sha256(PAGE),
            PAGE.len()
        );
        assert!(text.contains(&is), "{text}");
    });
}

#[test]
fn a_copy_of_the_folder_holds_every_file_and_is_made_anew_only_where_it_lacks() {
    on_every_desk(async |desk| {
        let named = desk.upload("named.pdf", PAGE).await.unwrap();
        desk.attach(DM, SCAN, 0, &named).await;
        desk.world.clock.advance(SignedDuration::from_hours(25));
        desk.service.sweep_files().await.unwrap();
        desk.upload("new.png", PICTURE).await.unwrap();
        let target = tempfile::tempdir().unwrap();
        let source = FileFolder::open(desk.folder.path()).unwrap();
        assert_eq!(source.copy_to(target.path()).unwrap(), 2);
        assert_eq!(source.copy_to(target.path()).unwrap(), 0);
        let kept = Arc::new(FileFolder::open(target.path()).unwrap());
        let store = Arc::clone(&desk.world.store);
        let restored = Edc::new(store, desk.world.clock.as_fn()).with_files(kept);
        assert_eq!(restored.verify_files().await.unwrap().faults, Vec::<String>::new());
        assert_eq!(restored.verify_files().await.unwrap().rows, 1);
    });
}
