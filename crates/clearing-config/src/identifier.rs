//! What files of payments call their participants.

/// The longest identifier, as messages of the field allow.
pub const IDENTIFIER_CHARACTERS_MAX: usize = 35;

/// Checks an identifier: 1 to 35 characters of any script, none of which is a control character.
/// The error is a sentence that carries the text.
pub fn check_identifier(text: &str) -> Result<(), String> {
    // Enough to recognize it; a file may hold a field of any length.
    let shown = || text.chars().take(IDENTIFIER_CHARACTERS_MAX + 5).collect::<String>();
    let characters = text.chars().count();
    if characters == 0 {
        return Err("\"\" is empty".to_owned());
    }
    if characters > IDENTIFIER_CHARACTERS_MAX {
        return Err(format!(
            "{:?}… has {characters} characters, more than {IDENTIFIER_CHARACTERS_MAX}",
            shown()
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{text:?} has a control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_identifier;

    #[test]
    fn any_script_is_taken_and_what_cannot_be_printed_is_not() {
        for text in [
            "A",
            "DEUTDEFFXXX",
            "BANK_A",
            "中国银行",
            "Bank of China (Hong Kong)",
            &"字".repeat(35),
        ] {
            assert_eq!(check_identifier(text), Ok(()), "{text}");
        }
        assert_eq!(check_identifier(""), Err("\"\" is empty".to_owned()));
        assert_eq!(
            check_identifier("a\u{7}b"),
            Err("\"a\\u{7}b\" has a control character".to_owned())
        );
        let long = check_identifier(&"字".repeat(36)).unwrap_err();
        assert!(long.ends_with("… has 36 characters, more than 35"), "{long}");
    }
}
