//! The contract of the service, carried out: messages in, use cases, messages out.

use contract::{Context, Error, Timestamp, portfolio::v1 as proto};
use kernel::SiteOid;

use crate::{
    Portfolio, add_site, assign_staff, create_study,
    event::{Assignment, Function, Phase, Post, SiteStatus, StudyStatus},
    failure::answer,
    field::{Edit, Fields},
    get_study, list_my_studies, list_sites, list_staff, list_studies, remove_staff,
    rows::StudyRow,
    study::Study,
    update_site, update_study,
};

#[async_trait::async_trait]
impl proto::Portfolio for Portfolio {
    async fn create_study(
        &self,
        context: &Context,
        request: proto::CreateStudyRequest,
    ) -> Result<proto::CreateStudyResponse, Error> {
        answer(context, create_study::create(self, context, &request).await)
    }

    async fn list_studies(
        &self,
        context: &Context,
        request: proto::ListStudiesRequest,
    ) -> Result<proto::ListStudiesResponse, Error> {
        answer(context, list_studies::list(self, context, &request).await)
    }

    async fn list_my_studies(
        &self,
        context: &Context,
        request: proto::ListMyStudiesRequest,
    ) -> Result<proto::ListMyStudiesResponse, Error> {
        answer(context, list_my_studies::list(self, context, &request).await)
    }

    async fn get_study(
        &self,
        context: &Context,
        request: proto::GetStudyRequest,
    ) -> Result<proto::GetStudyResponse, Error> {
        answer(context, get_study::get(self, context, &request).await)
    }

    async fn update_study(
        &self,
        context: &Context,
        request: proto::UpdateStudyRequest,
    ) -> Result<proto::UpdateStudyResponse, Error> {
        answer(context, update_study::update(self, context, &request).await)
    }

    async fn add_site(
        &self,
        context: &Context,
        request: proto::AddSiteRequest,
    ) -> Result<proto::AddSiteResponse, Error> {
        answer(context, add_site::add(self, context, &request).await)
    }

    async fn update_site(
        &self,
        context: &Context,
        request: proto::UpdateSiteRequest,
    ) -> Result<proto::UpdateSiteResponse, Error> {
        answer(context, update_site::update(self, context, &request).await)
    }

    async fn list_sites(
        &self,
        context: &Context,
        request: proto::ListSitesRequest,
    ) -> Result<proto::ListSitesResponse, Error> {
        answer(context, list_sites::list(self, context, &request).await)
    }

    async fn assign_staff(
        &self,
        context: &Context,
        request: proto::AssignStaffRequest,
    ) -> Result<proto::AssignStaffResponse, Error> {
        answer(context, assign_staff::assign(self, context, &request).await)
    }

    async fn remove_staff(
        &self,
        context: &Context,
        request: proto::RemoveStaffRequest,
    ) -> Result<proto::RemoveStaffResponse, Error> {
        answer(context, remove_staff::remove(self, context, &request).await)
    }

    async fn list_staff(
        &self,
        context: &Context,
        request: proto::ListStaffRequest,
    ) -> Result<proto::ListStaffResponse, Error> {
        answer(context, list_staff::list(self, context, &request).await)
    }
}

const PHASES: [(Phase, proto::study::Phase); 12] = [
    (Phase::NotApplicable, proto::study::Phase::NotApplicable),
    (Phase::Phase0, proto::study::Phase::Phase0),
    (Phase::Phase1, proto::study::Phase::Phase1),
    (Phase::Phase1To2, proto::study::Phase::Phase12),
    (Phase::Phase2, proto::study::Phase::Phase2),
    (Phase::Phase2a, proto::study::Phase::Phase2a),
    (Phase::Phase2b, proto::study::Phase::Phase2b),
    (Phase::Phase2To3, proto::study::Phase::Phase23),
    (Phase::Phase3, proto::study::Phase::Phase3),
    (Phase::Phase3a, proto::study::Phase::Phase3a),
    (Phase::Phase3b, proto::study::Phase::Phase3b),
    (Phase::Phase4, proto::study::Phase::Phase4),
];

const STUDY_STATUSES: [(StudyStatus, proto::study::Status); 4] = [
    (StudyStatus::Planned, proto::study::Status::Planned),
    (StudyStatus::Open, proto::study::Status::Open),
    (StudyStatus::Closed, proto::study::Status::Closed),
    (StudyStatus::Archived, proto::study::Status::Archived),
];

const SITE_STATUSES: [(SiteStatus, proto::site::Status); 3] = [
    (SiteStatus::Planned, proto::site::Status::Planned),
    (SiteStatus::Open, proto::site::Status::Open),
    (SiteStatus::Closed, proto::site::Status::Closed),
];

const FUNCTIONS: [(Function, proto::StaffFunction); 15] = [
    (Function::PrincipalInvestigator, proto::StaffFunction::PrincipalInvestigator),
    (Function::SubInvestigator, proto::StaffFunction::SubInvestigator),
    (Function::Coordinator, proto::StaffFunction::Coordinator),
    (Function::StudyNurse, proto::StaffFunction::StudyNurse),
    (Function::Pharmacist, proto::StaffFunction::Pharmacist),
    (Function::Monitor, proto::StaffFunction::Monitor),
    (Function::MedicalMonitor, proto::StaffFunction::MedicalMonitor),
    (Function::ProjectManager, proto::StaffFunction::ProjectManager),
    (Function::StudyDesigner, proto::StaffFunction::StudyDesigner),
    (Function::DataManager, proto::StaffFunction::DataManager),
    (Function::Coder, proto::StaffFunction::Coder),
    (Function::Statistician, proto::StaffFunction::Statistician),
    (Function::ImagingReader, proto::StaffFunction::ImagingReader),
    (Function::Auditor, proto::StaffFunction::Auditor),
    (Function::Other, proto::StaffFunction::Other),
];

/// Ours for a number of the contract.
fn ours<A: Copy, B: Copy + Into<i32>>(all: &[(A, B)], number: i32) -> Option<A> {
    all.iter().find(|(_, theirs)| (*theirs).into() == number).map(|(ours, _)| *ours)
}

/// The number of the contract for ours; 0 is never reached, since every one of ours is in its table.
fn number<A: Copy + PartialEq, B: Copy + Into<i32>>(all: &[(A, B)], one: A) -> i32 {
    all.iter().find(|(ours, _)| *ours == one).map_or(0, |(_, theirs)| (*theirs).into())
}

/// A phase that may be left out, or taken away.
pub(crate) fn phase(fields: &mut Fields, asked: Option<i32>) -> Edit<Phase> {
    let Some(asked) = asked else { return Edit::Keep };
    match ours(&PHASES, asked) {
        Some(phase) => Edit::Set(phase),
        None if asked == 0 => Edit::Clear,
        None => {
            fields.fault("phase", "there is no such phase");
            Edit::Keep
        }
    }
}

pub(crate) fn study_status(fields: &mut Fields, asked: Option<i32>) -> Option<StudyStatus> {
    status(fields, &STUDY_STATUSES, asked)
}

pub(crate) fn site_status(fields: &mut Fields, asked: Option<i32>) -> Option<SiteStatus> {
    status(fields, &SITE_STATUSES, asked)
}

/// A status that may be left out, but not taken away.
fn status<A: Copy, B: Copy + Into<i32>>(
    fields: &mut Fields,
    all: &[(A, B)],
    asked: Option<i32>,
) -> Option<A> {
    let status = ours(all, asked?);
    if status.is_none() {
        fields.fault("status", "there is no such status");
    }
    status
}

/// Who is meant, as what and where.
pub(crate) fn post(
    fields: &mut Fields,
    user: &str,
    function: i32,
    site: Option<&String>,
) -> Option<Post> {
    let user = fields.user("user", user);
    let site = site.map(|site| fields.oid("siteOid", site).into());
    let function = ours(&FUNCTIONS, function);
    if function.is_none() {
        fields.fault("function", "it must be one that there is");
    }
    Some(Post { user, function: function?, site })
}

pub(crate) fn function_number(function: Function) -> i32 {
    number(&FUNCTIONS, function)
}

pub(crate) fn of_study(oid: &str, study: &Study) -> Option<proto::Study> {
    StudyRow::of(study).map(|row| of_row(oid, &row))
}

pub(crate) fn of_row(oid: &str, row: &StudyRow) -> proto::Study {
    let facts = &row.facts;
    proto::Study {
        study_oid: oid.to_owned(),
        study_name: facts.name.clone(),
        protocol_number: facts.protocol_number.clone(),
        sponsor: facts.sponsor.clone(),
        phase: facts.phase.map_or(0, |phase| number(&PHASES, phase)),
        indication: facts.indication.clone(),
        planned_site_count: facts.planned_sites.map(count),
        planned_subject_count: facts.planned_subjects.map(count),
        status: number(&STUDY_STATUSES, facts.status),
        site_count: count(row.site_count),
        version: count(row.version),
        created_at: Some(Timestamp::from_millisecond(row.created_at_ms)),
    }
}

pub(crate) fn of_site(oid: &SiteOid, study: &Study) -> Option<proto::Site> {
    let site = study.sites.get(oid)?;
    Some(proto::Site {
        site_oid: oid.to_string(),
        institution: site.facts.institution.clone(),
        department: site.facts.department.clone(),
        country: site.facts.country.clone(),
        planned_subject_count: site.facts.planned_subjects.map(count),
        status: number(&SITE_STATUSES, site.facts.status),
        version: count(site.version),
    })
}

pub(crate) fn of_assignment(assignment: &Assignment) -> proto::StaffMember {
    let Assignment { post, from_ms, until_ms } = assignment;
    proto::StaffMember {
        user: post.user.clone(),
        function: number(&FUNCTIONS, post.function),
        site_oid: post.site.as_ref().map(ToString::to_string),
        from: Some(Timestamp::from_millisecond(*from_ms)),
        until: until_ms.map(Timestamp::from_millisecond),
        full_name: None,
    }
}

/// A count of the contract; none of ours comes near its limit.
fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
