//! The keys with which processes hash phone numbers, documents and aliases, each in a file of a
//! folder.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use clearing_domain::HashKey;

use crate::secret::{Secret, SecretError};

/// The file of an operator's key.
pub const PHONE_KEY: &str = "phone-key";
/// The file of the key with which every operator of a cluster hashes identity documents. The central
/// bank makes it among the secrets of the operators, who receive it with their own.
pub const IDENTITY_KEY: &str = "identity-key";
/// The file of the central bank's key, with which the whole cluster hashes aliases.
pub const ALIAS_KEY: &str = "alias-key";

/// Reads the key of a folder; `None` when there is no file.
pub fn read(path: &Path) -> Result<Option<HashKey>, SecretError> {
    match Secret::read_own(path) {
        Ok(secret) => Ok(Some(HashKey::new(secret.bytes()))),
        Err(SecretError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads the key of a folder, and makes one where there is none.
pub fn open(path: &Path) -> Result<HashKey, SecretError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let failed = |source| SecretError::File { path: path.to_owned(), source };
    Secret::make(path).map(|secret| HashKey::new(secret.bytes())).map_err(failed)
}

/// The same in a folder that others cannot read, which is made where there is none.
pub fn open_in(folder: &Path, name: &str) -> Result<HashKey, SecretError> {
    let failed = |source| SecretError::File { path: folder.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    open(&folder.join(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_the_user_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (directory.path().join(PHONE_KEY), directory.path().join(ALIAS_KEY));
        assert!(read(&one).unwrap().is_none());
        let hash = |path: &Path| open(path).unwrap().hash("13912345678");
        let first = hash(&one);
        assert_eq!((hash(&one), read(&one).unwrap().unwrap().hash("13912345678")), (first, first));
        assert_ne!(hash(&other), first);
        assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
        let names: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names.len(), 2, "nothing unfinished is left: {names:?}");
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_and_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(PHONE_KEY);
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63)] {
            fs::write(&path, text).unwrap();
            assert!(matches!(open(&path), Err(SecretError::Malformed { .. })), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        // All 32 bytes of the file are the key.
        fs::write(&path, "0a".repeat(31) + "FF\n").unwrap();
        let mut bytes = [10; 32];
        bytes[31] = 255;
        assert_eq!(open(&path).unwrap().hash("a"), HashKey::new(bytes).hash("a"));
    }
}
