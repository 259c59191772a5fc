//! Where the files of an export go.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
};

use formats::export::{Scratch, Sink};

/// A folder; made when it is not there.
pub struct Folder(pub PathBuf);

impl Sink for Folder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        Ok(Box::new(File::create(path)?))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

/// One file, whatever the exporter calls it.
pub struct OneFile(pub PathBuf);

impl Sink for OneFile {
    fn create(&mut self, _name: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(File::create(&self.0)?))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}
