//! Files that are attached to items: uploaded, named by values, downloaded, verified.
//!
//! The value of an item of type file is a reference with the SHA-256 of its bytes
//! ([`kernel::FileReference`]); the journal keeps the reference, a folder the bytes. A file belongs
//! to the subject for whom it was uploaded: no other casebook can name it.
//!
//! Start reading at [`upload`], then [`present`] (what a save asks), then [`download`].

mod download;
mod folder;
mod kind;
mod named;
mod present;
mod sweep;
mod upload;
mod verify;

pub use self::folder::FileFolder;
pub(crate) use self::{
    download::{Wanted, download},
    upload::{FilePiece, upload},
};
