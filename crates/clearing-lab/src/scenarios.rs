//! The experiments that model the scenarios of the article, as they are shipped.

/// Names the files below `experiments/scenarios`.
macro_rules! shipped {
    ($($name:literal,)+) => {
        /// Each scenario by the name of its file, with its text, in the order of their numbers.
        pub const SHIPPED: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../experiments/scenarios/", $name, ".toml")),
        ),)+];
    };
}

shipped! {
    "s01-provident-fund",
    "s02-car-insurance",
    "s03-wealth-product",
    "s04-tax",
    "s05-primary-school",
    "s06-voucher-round",
    "s07-thirty-days",
    "s08-luohu-red-packets",
    "s09-campaigns-at-once",
    "s10-training-schools",
    "s11-metro",
    "s12-student-card",
    "s13-provident-fund-loan",
    "s14-customs-duty",
    "s15-everyday-load",
    "s16-instalment-loans",
    "s17-payroll",
    "s18-futian-vouchers",
    "s19-one-bank",
    "s20-red-packet-helper",
    "s21-offline",
    "s22-front-end",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::SHIPPED;
    use crate::experiment::Experiment;

    #[test]
    fn every_file_is_shipped_and_says_what_it_models() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/scenarios");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let files: BTreeSet<_> = files.map(|name| name.into_string().unwrap()).collect();
        let shipped: Vec<_> = SHIPPED.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(shipped, files.into_iter().collect::<Vec<_>>());
        for (name, text) in SHIPPED {
            let experiment = Experiment::from_text(text, &[], None).unwrap();
            assert_eq!(experiment.name, *name);
            let scenario = experiment.script.scenario.unwrap();
            assert!(name.starts_with(&format!("s{:02}-", scenario.number)));
            assert!(scenario.title.chars().count() <= 30, "{} is too long", scenario.title);
            assert!(experiment.script.assertions.len() > 2 && !scenario.story.rest.is_empty());
        }
    }
}
