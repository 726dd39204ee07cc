//! Values that are one of some names.

use super::ConfigError;

/// The value of a name; the first of the choices when the key is absent.
pub(super) fn one_of<T: Copy>(
    path: &str,
    name: Option<&str>,
    choices: &[(&str, T)],
) -> Result<T, ConfigError> {
    let found = match name {
        None => choices.first(),
        Some(name) => choices.iter().find(|(choice, _)| *choice == name),
    };
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
        // Without a name the first choice was taken, so there is one here.
        let name = name.unwrap_or_default();
        ConfigError::value(path, format!("{name:?} is none of {}", names.join(", ")))
    })
}

/// The name of a value among choices.
pub(super) fn name_of<T: PartialEq>(value: &T, choices: &[(&str, T)]) -> String {
    choices
        .iter()
        .find(|(_, choice)| choice == value)
        .map(|(name, _)| (*name).to_owned())
        .unwrap_or_default()
}
