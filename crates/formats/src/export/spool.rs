//! Rows that wait on disk until their file can be begun.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};

use super::{ExportError, Scratch, Sink};

/// How much of one table is kept before it is written.
const BUFFER_BYTES: usize = 64 << 10;

pub(crate) struct Spool {
    file: BufWriter<Box<dyn Scratch>>,
    name: String,
}

/// Reads what was spooled.
pub(crate) struct Spooled {
    file: BufReader<Box<dyn Scratch>>,
    name: String,
}

impl Spool {
    /// `name` is that of the file to come, for messages.
    pub(crate) fn create(sink: &mut dyn Sink, name: &str) -> Result<Self, ExportError> {
        let file = sink.scratch().map_err(|source| failed(name, source))?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), name: name.to_owned() })
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.file.write_all(bytes).map_err(|source| failed(&self.name, source))
    }

    /// Goes back to the start.
    pub(crate) fn reread(self) -> Result<Spooled, ExportError> {
        let name = self.name;
        let rewound = self.file.into_inner().map_err(io::IntoInnerError::into_error);
        let rewound = rewound.and_then(|mut file| file.rewind().map(|()| file));
        let file = rewound.map_err(|source| failed(&name, source))?;
        Ok(Spooled { file: BufReader::with_capacity(BUFFER_BYTES, file), name })
    }
}

impl Spooled {
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ExportError> {
        self.file.read_exact(bytes).map_err(|source| failed(&self.name, source))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, ExportError> {
        let mut byte = [0];
        self.fill(&mut byte)?;
        Ok(byte[0])
    }

    /// Reads up to the end of the line, which it leaves out.
    pub(crate) fn line(&mut self, into: &mut Vec<u8>) -> Result<(), ExportError> {
        into.clear();
        let read = self.file.read_until(b'\n', into);
        into.pop();
        read.map(drop).map_err(|source| failed(&self.name, source))
    }
}

fn failed(file: &str, source: io::Error) -> ExportError {
    ExportError::Io { file: file.to_owned(), source }
}
