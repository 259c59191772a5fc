//! The fonts of the document, and which of them has a character.

use std::sync::LazyLock;

use krilla::text::Font;
use skrifa::{
    FontRef, MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};

/// The fonts, in the order in which they are asked for a character. The bold one comes first where
/// bold is wanted.
const FILES: [(FaceId, &[u8]); 6] = [
    (FaceId::Regular, include_bytes!("fonts/NotoSans-Regular.ttf")),
    (FaceId::Bold, include_bytes!("fonts/NotoSans-Bold.ttf")),
    (FaceId::Chinese, include_bytes!("fonts/DroidSansFallbackFull.ttf")),
    (FaceId::Mathematics, include_bytes!("fonts/NotoSansMath-Regular.ttf")),
    (FaceId::Symbols, include_bytes!("fonts/NotoSansSymbols-Regular.ttf")),
    (FaceId::MoreSymbols, include_bytes!("fonts/NotoSansSymbols2-Regular.ttf")),
];
/// What is shown for a character that no font has.
const BOX: char = '□';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaceId {
    Regular,
    Bold,
    Chinese,
    Mathematics,
    Symbols,
    MoreSymbols,
}

/// A character as it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub face: FaceId,
    pub id: u32,
    /// In parts of the font size.
    pub advance: f32,
    /// No font has the character.
    pub is_box: bool,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// In points.
    pub size: f32,
    pub bold: bool,
    pub colour: Colour,
}

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

struct Face {
    id: FaceId,
    font: Option<Font>,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

/// All fonts, read once.
pub(super) struct Fonts(Vec<Face>);

static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts(FILES.iter().filter_map(face).collect()));

pub(super) fn fonts() -> &'static Fonts {
    &FONTS
}

fn face((id, bytes): &(FaceId, &'static [u8])) -> Option<Face> {
    let read = FontRef::new(bytes).ok()?;
    // Advances in parts of the font size.
    let metrics = read.glyph_metrics(Size::new(1.0), LocationRef::default());
    let font = Font::new((*bytes).into(), 0);
    Some(Face { id: *id, font, charmap: read.charmap(), metrics })
}

impl Fonts {
    /// The font itself; none for one that cannot be read.
    pub fn font(&self, id: FaceId) -> Option<Font> {
        self.0.iter().find(|face| face.id == id).and_then(|face| face.font.clone())
    }

    /// How a character is drawn: with the first font that has it, else as a box.
    pub fn glyph(&self, c: char, bold: bool) -> Glyph {
        // A break within a line, and the blanks that only printers know.
        let c = if matches!(c, '\t' | '\u{a0}' | '\u{202f}') { ' ' } else { c };
        let found = self.find(c, bold);
        let boxed = || self.find(BOX, false).map(|glyph| Glyph { is_box: true, ..glyph });
        found.or_else(boxed).unwrap_or(Glyph {
            face: FaceId::Regular,
            id: 0,
            advance: 0.6,
            is_box: true,
        })
    }

    fn find(&self, c: char, bold: bool) -> Option<Glyph> {
        let other = if bold { FaceId::Regular } else { FaceId::Bold };
        let faces = self.0.iter().filter(|face| face.id != other);
        faces.into_iter().find_map(|face| {
            let id = face.charmap.map(c).filter(|id| id.to_u32() != 0)?;
            let advance = face.metrics.advance_width(id)?;
            Some(Glyph { face: face.id, id: id.to_u32(), advance, is_box: false })
        })
    }

    /// The width of a text in points, on one line.
    pub fn width(&self, text: &str, style: Style) -> f32 {
        text.chars().map(|c| self.glyph(c, style.bold).advance).sum::<f32>() * style.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_can_be_read() {
        for (id, _) in FILES {
            assert!(fonts().font(id).is_some(), "{id:?}");
        }
    }

    #[test]
    fn each_character_is_drawn_with_a_font_that_has_it() {
        for (c, face) in [
            ('a', FaceId::Regular),
            ('ü', FaceId::Regular),
            ('µ', FaceId::Regular),
            ('中', FaceId::Chinese),
            ('，', FaceId::Chinese),
            ('㐀', FaceId::Chinese),
            ('≤', FaceId::Mathematics),
            ('①', FaceId::Symbols),
            ('✓', FaceId::MoreSymbols),
        ] {
            let glyph = fonts().glyph(c, false);
            assert_eq!((glyph.face, glyph.is_box), (face, false), "{c}");
        }
        assert_eq!(fonts().glyph('a', true).face, FaceId::Bold);
        assert!(fonts().glyph('𠮷', false).is_box, "beyond the fonts");
    }
}
