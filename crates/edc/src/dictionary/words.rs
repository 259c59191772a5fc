//! The words under which a term is found. Where a script writes no spaces, each character begins one.

/// Characters of a word that count.
const MOST_CHARACTERS: usize = 32;
/// Words of a term that count.
const MOST_WORDS: usize = 64;

/// The words of a term and its code, each once, in lower case and in order.
pub(super) fn of_term(code: &str, text: &str) -> Vec<String> {
    let mut words: Vec<String> = runs(text).into_iter().flat_map(|run| beginnings(&run)).collect();
    words.push(cut(&code.to_lowercase()));
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words.dedup();
    words.truncate(MOST_WORDS);
    words
}

/// The words that are sought, the longest first: it is likely to be the rarest.
pub(super) fn sought(text: &str) -> Vec<String> {
    let mut words: Vec<String> = runs(text).iter().map(|run| cut(run)).collect();
    words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words.dedup();
    words
}

/// Runs of letters and digits, in lower case. A run has one script: with spaces, or without.
fn runs(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    let mut is_unspaced = false;
    for character in text.to_lowercase().chars() {
        let is_other_script = is_ideograph(character) != is_unspaced;
        if !character.is_alphanumeric() || is_other_script {
            runs.push(std::mem::take(&mut run));
            is_unspaced = is_ideograph(character);
        }
        if character.is_alphanumeric() {
            run.push(character);
        }
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

fn beginnings(run: &str) -> Vec<String> {
    if run.starts_with(is_ideograph) {
        return run.char_indices().map(|(at, _)| cut(&run[at..])).collect();
    }
    vec![cut(run)]
}

fn cut(word: &str) -> String {
    word.chars().take(MOST_CHARACTERS).collect()
}

/// Chinese characters, kana and Hangul stand close together in Unicode.
fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_found_by_each_of_its_words_and_by_its_code() {
        let words = of_term("N02BE01", "Paracetamol, combinations excl. Psycholeptics");
        let expected =
            ["combinations", "excl", "n02be01", "paracetamol", "psycholeptics"].map(str::to_owned);
        assert_eq!(words, expected);
    }

    #[test]
    fn chinese_is_found_from_every_character_on() {
        assert_eq!(of_term("", "阿司匹林B族"), ["b", "匹林", "司匹林", "族", "林", "阿司匹林"]);
        assert_eq!(sought("匹林"), ["匹林"]);
    }

    #[test]
    fn the_longest_word_is_sought_first_and_each_once() {
        assert_eq!(sought(" acid ACETYLSALICYLIC; acid"), ["acetylsalicylic", "acid"]);
        assert!(sought(" ,;\u{1f}").is_empty());
    }

    #[test]
    fn a_long_text_has_words_of_limited_number_and_length() {
        let long = "x".repeat(1_000);
        assert_eq!(sought(&long)[0].len(), MOST_CHARACTERS);
        let many: Vec<String> = (0..200).map(|number| format!("w{number}")).collect();
        assert_eq!(of_term("c", &many.join(" ")).len(), MOST_WORDS);
    }
}
