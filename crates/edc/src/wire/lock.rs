//! Freezing and locking many records, and locking a study.

use contract::{
    Context, Error,
    edc::v1::{
        FreezeRecordsRequest, GetLockChecklistRequest, GetLockChecklistResponse, LockChecklist,
        LockRecordsRequest, LockStudyRequest, RecordResult, StudyLock, UnlockStudyRequest,
        lock_checklist::{Point, point::Kind},
    },
};
use kernel::{SubjectKey, casebook::Mark};

use super::{subject::given, value};
use crate::{
    Edc,
    failure::Result,
    lock_study::{Checklist, Lock, Open, PointKind},
    records::{MarkRecords, Marked},
};

pub(super) async fn freeze(
    edc: &Edc,
    context: &Context,
    r: &FreezeRecordsRequest,
) -> Result<Vec<RecordResult>> {
    let wanted = MarkRecords {
        subject: r.subject_key.as_str().into(),
        visit: visit(r.study_event_oid.as_ref(), r.study_event_repeat_key.as_ref()),
        mark: Mark::Frozen,
        on: !r.undo.unwrap_or_default(),
        reason: r.reason.clone(),
    };
    mark(edc, context, &r.study_oid, r.request_id.as_ref(), &wanted).await
}

pub(super) async fn lock(
    edc: &Edc,
    context: &Context,
    r: &LockRecordsRequest,
) -> Result<Vec<RecordResult>> {
    let wanted = MarkRecords {
        subject: r.subject_key.as_str().into(),
        visit: visit(r.study_event_oid.as_ref(), r.study_event_repeat_key.as_ref()),
        mark: Mark::Locked,
        on: !r.undo.unwrap_or_default(),
        reason: r.reason.clone(),
    };
    mark(edc, context, &r.study_oid, r.request_id.as_ref(), &wanted).await
}

fn visit(
    event: Option<&String>,
    repeat: Option<&String>,
) -> Option<(kernel::StudyEventOid, kernel::RepeatKey)> {
    let event = given(event)?;
    Some((event.into(), value::repeat_key(repeat.map_or("", String::as_str))))
}

async fn mark(
    edc: &Edc,
    context: &Context,
    study: &str,
    request: Option<&String>,
    wanted: &MarkRecords,
) -> Result<Vec<RecordResult>> {
    let marked = edc.mark_records(context, &study.into(), request, wanted).await?;
    Ok(marked.iter().map(|one| result(&wanted.subject, one)).collect())
}

fn result(subject: &SubjectKey, marked: &Marked) -> RecordResult {
    RecordResult {
        record: Some(value::record_place(subject, &marked.record)),
        is_changed: marked.is_changed,
        reason: marked.refusal.as_ref().map(|refusal| refusal.code().to_owned()),
    }
}

pub(super) async fn checklist(
    edc: &Edc,
    context: &Context,
    r: &GetLockChecklistRequest,
) -> Result<GetLockChecklistResponse> {
    let (checklist, locks) = edc.lock_checklist(context, &r.study_oid.as_str().into()).await?;
    let history: Vec<StudyLock> = locks.iter().map(told).collect();
    Ok(GetLockChecklistResponse {
        checklist: Some(points(&checklist)),
        lock: history.last().filter(|lock| lock.is_locked).cloned(),
        history,
    })
}

pub(super) async fn lock_study(
    edc: &Edc,
    context: &Context,
    r: &LockStudyRequest,
) -> Result<StudyLock> {
    let reason = given(r.reason.as_ref());
    let id = r.request_id.as_ref();
    let study = r.study_oid.as_str().into();
    let lock = edc.lock_study(context, &study, id, &r.checklist_sha256, reason).await?;
    Ok(told(&lock))
}

pub(super) async fn unlock_study(
    edc: &Edc,
    context: &Context,
    r: &UnlockStudyRequest,
) -> Result<StudyLock> {
    if r.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "it must say why").into());
    }
    let study = r.study_oid.as_str().into();
    let id = r.request_id.as_ref();
    let lock = edc.unlock_study(context, &study, id, r.reason.trim()).await?;
    Ok(told(&lock))
}

fn points(checklist: &Checklist) -> LockChecklist {
    let point = |one: &Open| Point {
        kind: kind(one.kind).into(),
        count: value::number(one.count),
        is_blocking: one.kind.is_blocking(),
        is_absolute: one.kind.is_absolute(),
        work: one.kind.work().map(Into::into),
    };
    LockChecklist {
        points: checklist.open.iter().map(point).collect(),
        subject_count: value::number(checklist.subjects),
        form_count: value::number(checklist.records),
        checklist_sha256: checklist.sha256(),
        counted_at: Some(value::at(checklist.counted_at_ms)),
    }
}

fn kind(kind: PointKind) -> Kind {
    match kind {
        PointKind::QueriesPending => Kind::QueriesPending,
        PointKind::FormsMissing => Kind::FormsMissing,
        PointKind::FormsIncomplete => Kind::FormsIncomplete,
        PointKind::FormsUnverified => Kind::FormsUnverified,
        PointKind::CasebooksUnsigned => Kind::CasebooksUnsigned,
        PointKind::FormsUnlocked => Kind::FormsUnlocked,
        PointKind::SubjectsInStudy => Kind::SubjectsInStudy,
        PointKind::VisitsOverdue => Kind::VisitsOverdue,
    }
}

fn told(lock: &Lock) -> StudyLock {
    StudyLock {
        is_locked: lock.is_locked,
        user: lock.user.clone(),
        role: lock.role.clone(),
        recorded_at: Some(value::at(lock.recorded_at_ms)),
        reason: lock.reason.clone(),
    }
}
