//! Cuts a text into pieces that fit a cell.

use crate::{table::TextEncoding, xpt::MAX_TEXT_BYTES};

/// A row keeps the number of pieces of a cell in one byte.
const MAX_PIECES: usize = 255;

/// Appends the number of pieces, and each with its length before it. Tells the length of each, and
/// why the text cannot be written.
pub(super) fn push_pieces(
    into: &mut Vec<u8>,
    text: &str,
    encoding: TextEncoding,
    mut seen: impl FnMut(usize, usize),
) -> Result<(), String> {
    let bytes = encoded(text, encoding)?;
    if bytes.len() <= MAX_TEXT_BYTES {
        into.push(1);
        push_piece(into, &bytes);
        seen(0, bytes.len());
        return Ok(());
    }
    let count_at = into.len();
    into.push(0);
    let mut count = 0;
    let mut rest = text;
    while !rest.is_empty() {
        if count == MAX_PIECES {
            return Err(format!("a text has more than {} bytes", MAX_PIECES * MAX_TEXT_BYTES));
        }
        let (piece, behind) = rest.split_at(cut(rest, encoding)?);
        let piece = encoded(piece, encoding)?;
        push_piece(into, &piece);
        seen(count, piece.len());
        count += 1;
        rest = behind;
    }
    into[count_at] = u8::try_from(count).unwrap_or(u8::MAX);
    Ok(())
}

/// Where the first piece ends: between two characters, and not behind a blank, which a reader would
/// take for padding.
fn cut(text: &str, encoding: TextEncoding) -> Result<usize, String> {
    let mut bytes = 0;
    let (mut end, mut behind_text) = (text.len(), 0);
    for (at, c) in text.char_indices() {
        bytes += encoded(c.encode_utf8(&mut [0; 4]), encoding)?.len();
        if bytes > MAX_TEXT_BYTES {
            end = at;
            break;
        }
        if !matches!(c, ' ' | '\0') {
            behind_text = at + c.len_utf8();
        }
    }
    Ok(if behind_text == 0 || end == text.len() { end } else { behind_text })
}

fn encoded(text: &str, encoding: TextEncoding) -> Result<std::borrow::Cow<'_, [u8]>, String> {
    encoding.encode(text).ok_or_else(|| format!("a text has a character that {encoding} has not"))
}

fn push_piece(into: &mut Vec<u8>, piece: &[u8]) {
    into.push(u8::try_from(piece.len()).unwrap_or(u8::MAX));
    into.extend_from_slice(piece);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &str, encoding: TextEncoding) -> Vec<Vec<u8>> {
        let mut row = Vec::new();
        push_pieces(&mut row, text, encoding, |_, _| {}).unwrap();
        let (count, mut rest) = (row[0], &row[1..]);
        let pieces: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let (piece, behind) = rest[1..].split_at(usize::from(rest[0]));
                rest = behind;
                piece.to_vec()
            })
            .collect();
        assert!(rest.is_empty());
        pieces
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_not_behind_a_blank() {
        let text = format!("{}体重 {}", "a".repeat(196), "b".repeat(10));
        let cut = pieces(&text, TextEncoding::UTF_8);
        assert_eq!(cut[0].len(), 199);
        assert!(cut[1].starts_with("重 b".as_bytes()));
        let blank = format!("{} {}", "a".repeat(199), "b".repeat(10));
        assert_eq!(pieces(&blank, TextEncoding::UTF_8)[1], b" bbbbbbbbbb");
    }

    #[test]
    fn a_character_that_the_encoding_has_not_is_refused() {
        let refused = push_pieces(&mut Vec::new(), "体", TextEncoding::WINDOWS_1252, |_, _| {});
        assert_eq!(refused.unwrap_err(), "a text has a character that windows-1252 has not");
    }

    proptest! {
        #[test]
        fn pieces_are_the_text_and_fit(text in "[a-c 体é😀]{0,900}", gb in any::<bool>()) {
            let encoding = if gb { TextEncoding::GB18030 } else { TextEncoding::UTF_8 };
            let pieces = pieces(&text, encoding);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= MAX_TEXT_BYTES));
            prop_assert_eq!(encoding.decode(&pieces.concat()), Some(text));
        }
    }
}
