//! What day it is at a site.

use std::collections::HashMap;

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

/// The local date of each site, looked up once.
#[derive(Debug)]
pub(crate) struct Days<'a> {
    edc: &'a Edc,
    study: &'a Study,
    sites: HashMap<String, Date>,
}

impl<'a> Days<'a> {
    pub fn new(edc: &'a Edc, study: &'a Study) -> Self {
        Self { edc, study, sites: HashMap::new() }
    }

    pub fn at(&mut self, site: &str) -> Result<Date> {
        if let Some(day) = self.sites.get(site) {
            return Ok(*day);
        }
        let day = today_at(self.edc, self.study, &site.into())?;
        self.sites.insert(site.to_owned(), day);
        Ok(day)
    }
}
