//! Where exports and imports that run as jobs keep their files.

use std::{env, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The part `[jobs]` of the settings file, and what is in force. A key that is not known is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// The folder; `jobs` in the data folder when absent. Processes that have the same folder do the
    /// same work, and each can give out what another has made.
    pub folder: Option<PathBuf>,
}

impl JobsConfig {
    /// What the environment says goes first.
    pub fn with_environment(mut self) -> Self {
        let said = env::var("CASEBOOK_JOBS_FOLDER").ok().filter(|text| !text.is_empty());
        self.folder = said.map(PathBuf::from).or(self.folder);
        self
    }
}
