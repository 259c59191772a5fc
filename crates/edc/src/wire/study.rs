//! Studies and sites in lists.

use contract::edc::v1::{self as proto, site::Status};

use super::value;
use crate::{Site, SiteStatus, numbers::Numbers, study::Study};

pub(crate) fn summary(study: &Study, sites: usize, subjects: u32) -> proto::StudySummary {
    let design = &study.compiled.design;
    let version = design.version();
    proto::StudySummary {
        study_oid: version.study_oid.to_string(),
        study_name: version.study_name.clone(),
        protocol_name: version.protocol_name.clone(),
        description: value::texts(&version.study_description),
        version_hash: design.hash().to_string(),
        site_count: value::number(sites),
        subject_count: value::number(subjects),
        locked_at: study.state.locked_at_ms.map(value::at),
    }
}

pub(crate) fn site(site: &Site, numbers: Numbers) -> proto::Site {
    let status = match site.status {
        SiteStatus::Pending => Status::Pending,
        SiteStatus::Active => Status::Active,
        SiteStatus::Closed => Status::Closed,
    };
    proto::Site {
        site_oid: site.added.site.to_string(),
        name: site.added.name.clone(),
        status: status.into(),
        time_zone: site.added.time_zone.clone(),
        country: site.added.country.clone(),
        subject_count: value::number(numbers.screened),
        enrolled_count: value::number(numbers.enrolled),
    }
}
