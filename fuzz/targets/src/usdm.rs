/// A protocol in USDM.
pub fn usdm(bytes: &[u8]) -> bool {
    formats::usdm::read(bytes, "fuzz.json").is_ok()
}
