//! What day it is at a site.

use jiff::{civil::Date, tz::TimeZone};
use kernel::SiteOid;

use crate::{Edc, failure::Failure, failure::Result, study::Study};

/// The local date of a site now.
pub(crate) fn today_at(edc: &Edc, study: &Study, site: &SiteOid) -> Result<Date> {
    let name = study.site(site)?.added.time_zone.as_str();
    let unknown = |_| Failure::Broke(format!("site {site} has the unknown time zone {name:?}"));
    let zone = TimeZone::get(name).map_err(unknown)?;
    Ok((edc.clock)().to_zoned(zone).date())
}
