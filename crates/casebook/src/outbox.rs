//! Messages as files in a folder, from which a mail server takes them.

use std::{io, path::PathBuf};

use identity::{Mail, MailError, Message};

use crate::assembly::{make_private_folder, new_id, now, write_private};

/// Writes each message as a file (RFC 5322) that only the owner of the folder can read.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    from: String,
}

impl Outbox {
    pub fn new(folder: PathBuf, from: String) -> Self {
        Self { folder, from }
    }
}

#[async_trait::async_trait]
impl Mail for Outbox {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        let (folder, from) = (self.folder.clone(), self.from.clone());
        let written = tokio::task::spawn_blocking(move || write(&folder, &from, &message)).await;
        written.map_err(io::Error::other).flatten().map_err(MailError)
    }
}

/// Whole or not at all: a file that is being written has another ending.
fn write(folder: &std::path::Path, from: &str, message: &Message) -> io::Result<()> {
    make_private_folder(folder).map_err(io::Error::other)?;
    let id = new_id();
    let date = now().strftime("%a, %d %b %Y %H:%M:%S +0000");
    let Message { to, subject, body } = message;
    let text = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}@casebook>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
         Auto-Submitted: auto-generated\r\n\r\n{}",
        body.replace('\n', "\r\n")
    );
    let unfinished = folder.join(format!("{id}.part"));
    write_private(&unfinished, text.as_bytes()).map_err(io::Error::other)?;
    std::fs::rename(&unfinished, folder.join(format!("{id}.eml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_file_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let outbox = folder.path().join("outbox");
        let message = Message {
            to: "li.na@site.example".to_owned(),
            subject: "Your invitation".to_owned(),
            body: "Hello\nhttps://x/accept#token=cbm_1\n".to_owned(),
        };
        write(&outbox, "casebook@localhost", &message).expect("it is written");
        let files = std::fs::read_dir(&outbox).expect("the folder is there");
        let files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        assert_eq!(files.len(), 1);
        assert!(files[0].extension().is_some_and(|ending| ending == "eml"));
        let text = std::fs::read_to_string(&files[0]).expect("it is text");
        assert!(text.contains("\r\nTo: li.na@site.example\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nHello\r\nhttps://x/accept#token=cbm_1\r\n"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&files[0]).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
