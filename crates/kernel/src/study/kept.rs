use serde::{Deserialize, Serialize};

/// Attributes and elements of a source that Casebook does not interpret (foreign namespaces,
/// standard elements without meaning here), kept so that an export loses nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<KeptAttribute>,
    /// Each a complete XML fragment that declares the namespaces it uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<String>,
}

impl Kept {
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.elements.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAttribute {
    /// Empty for a standard attribute without meaning here.
    pub namespace: String,
    /// The prefix that the source used.
    pub prefix: String,
    pub name: String,
    pub value: String,
}
