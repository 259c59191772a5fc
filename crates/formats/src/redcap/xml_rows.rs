//! Rows as REDCap writes them in XML: `<records><item><name>…</name></item></records>`.

use crate::{
    FormatError,
    odm::{Node, Token, Xml},
};

/// Reads the items of a document; each child element of an item is a column.
pub fn xml_items(text: &str) -> Result<Vec<Vec<(String, String)>>, FormatError> {
    let mut xml = Xml::open(text.trim_start().as_bytes(), "data")?;
    let mut items = Vec::new();
    loop {
        match xml.next()? {
            Token::Start(tag) if tag.name == "item" => {
                let node = Node::read(tag, &mut xml)?;
                let columns = node.elements().map(|one| (one.name().to_owned(), one.text()));
                items.push(columns.collect());
            }
            Token::Start(_) | Token::End | Token::Text(_) => {}
            Token::Eof => return Ok(items),
        }
    }
}
