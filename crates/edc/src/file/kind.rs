//! What a file is, by its bytes. What its sender calls it does not count.

use kernel::MEDIA_TYPES;

/// The media type of a file that begins with `head`, if files of this kind can be attached.
pub(super) fn media_type(head: &[u8]) -> Option<&'static str> {
    let found = infer::get(head)?.mime_type();
    MEDIA_TYPES.iter().map(|(known, _)| *known).find(|known| *known == found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_pictures_are_known_by_their_first_bytes() {
        let heif = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        for (head, media_type) in [
            (&b"%PDF-1.7\n%"[..], "application/pdf"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"II*\0\x08\0\0\0\0\0", "image/tiff"),
            (heif, "image/heif"),
        ] {
            assert_eq!(super::media_type(head), Some(media_type));
        }
    }

    #[test]
    fn programs_pages_of_the_web_and_archives_are_not_attached() {
        for head in [
            &b"MZ\x90\0"[..],
            b"\x7fELF\x02\x01\x01",
            b"<!DOCTYPE html><script>",
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"PK\x03\x04",
            b"#!/bin/sh\n",
            b"subject,value\n",
            b"",
        ] {
            assert_eq!(media_type(head), None, "{head:?}");
        }
    }
}
