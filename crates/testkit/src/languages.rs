//! What Casebook says stands in both languages of the product.

/// Fails unless the Chinese text is Chinese and has every name that the English one has: OIDs, codes, kinds
/// of definitions. Names are told from English words by a capital letter or a digit.
///
/// # Panics
/// When it is not so.
pub fn assert_told_in_both(en: &str, zh: &str) {
    let is_chinese = zh.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(is_chinese, "no Chinese: {en} / {zh}");
    let words = en.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let is_name = |word: &&str| word.contains(|c: char| c.is_ascii_uppercase() || c.is_numeric());
    for name in words.filter(is_name) {
        assert!(zh.contains(name), "{name} is missing: {en} / {zh}");
    }
}
