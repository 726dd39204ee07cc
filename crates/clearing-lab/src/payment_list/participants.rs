//! The codes of participants that files call by other names.

use std::collections::HashSet;

use clearing_domain::money::OperatorCode;

/// The most characters of a code.
const CODE_CHARACTERS_MAX: usize = 8;
/// What stays of a name before a number.
const STEM_CHARACTERS_MAX: usize = 5;
/// The stem of a name without a letter or digit that a code can have.
const STEM: &str = "OP";

/// A code for each identifier, none of them twice and none of those that others have. One that is a
/// code keeps it; any other gets its first eight letters and digits, or when these are used its
/// first five with a number. What it is depends on the identifiers alone, not on their order.
pub(crate) fn codes_for(
    identifiers: &[&str],
    others: &[OperatorCode],
) -> Vec<(String, OperatorCode)> {
    let mut sorted: Vec<_> = identifiers.to_vec();
    // Sorted first: codes must follow from the names, not from the order of the rows.
    sorted.sort_unstable();
    sorted.dedup();
    // Names that are codes have them before any other name can get one of them.
    let own = sorted.iter().filter_map(|identifier| identifier.parse().ok());
    let mut used: HashSet<OperatorCode> = own.chain(others.iter().copied()).collect();
    let code = |identifier: &&str| {
        let code = identifier.parse().ok().or_else(|| {
            let code = free_code(identifier, &used)?;
            used.insert(code);
            Some(code)
        });
        code.map(|code| ((*identifier).to_owned(), code))
    };
    sorted.iter().filter_map(code).collect()
}

fn free_code(identifier: &str, used: &HashSet<OperatorCode>) -> Option<OperatorCode> {
    let letters: String = identifier.chars().filter(char::is_ascii_alphanumeric).collect();
    let start = |characters: usize| letters.chars().take(characters).collect::<String>();
    let stem = if letters.is_empty() { STEM.to_owned() } else { start(STEM_CHARACTERS_MAX) };
    let numbered = (1..1000).map(|number| format!("{stem}{number:03}"));
    let candidates = std::iter::once(start(CODE_CHARACTERS_MAX)).chain(numbered);
    candidates.filter_map(|text| text.parse().ok()).find(|code| !used.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(identifiers: &[&str], others: &[&str]) -> Vec<String> {
        let others: Vec<_> = others.iter().map(|code| code.parse().unwrap()).collect();
        codes_for(identifiers, &others)
            .into_iter()
            .map(|(name, code)| format!("{name}={code}"))
            .collect()
    }

    #[test]
    fn identifiers_get_codes_that_nobody_else_has() {
        let found = codes(
            &["DEUTDEFFXXX", "DEUTDEFF500", "DEUTDEFF", "BANK_A", "中国银行", "工商银行", "I-CBC"],
            &["ICBC"],
        );
        let expected = [
            "BANK_A=BANKA",
            "DEUTDEFF=DEUTDEFF",
            "DEUTDEFF500=DEUTD001",
            "DEUTDEFFXXX=DEUTD002",
            "I-CBC=ICBC001",
            "中国银行=OP001",
            "工商银行=OP002",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn codes_do_not_depend_on_the_order_of_the_identifiers() {
        let mut names: Vec<String> =
            (0..500).map(|number| format!("BANK OF THE {number}TH")).collect();
        let of = |names: &[String]| {
            codes_for(&names.iter().map(String::as_str).collect::<Vec<_>>(), &[])
        };
        let found = of(&names);
        names.reverse();
        assert_eq!(of(&names), found);
        let mut distinct: Vec<_> = found.iter().map(|(_, code)| *code).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 500);
    }
}
