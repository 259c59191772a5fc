//! Where files that are attached to items are kept.

use std::{env, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The part `[files]` of the settings file, and what is in force. A key that is not known is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilesConfig {
    /// The folder; `files` in the data folder when absent. Processes on the same records must have the
    /// same folder.
    pub folder: Option<PathBuf>,
}

impl FilesConfig {
    /// What the environment says goes first.
    pub fn with_environment(mut self) -> Self {
        let said = env::var("CASEBOOK_FILES_FOLDER").ok().filter(|text| !text.is_empty());
        self.folder = said.map(PathBuf::from).or(self.folder);
        self
    }
}
