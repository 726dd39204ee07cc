//! The secrets that open links: each operator has one, and the central bank has all of them.
//!
//! The central bank makes missing secrets in a folder that only its user can read. An operator on
//! the same machine reads its secret there; on another machine it needs a copy. Whoever may read
//! the file may act as the operator.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clearing_domain::money::OperatorCode;
use thiserror::Error;

use crate::data_dir::{CENTRAL_BANK_FOLDER, DataDir};
use crate::private;

/// Random bytes of a secret; a file and a call carry two hexadecimal digits for each.
const BYTES: usize = 32;
/// The metadata of a call that carries the secret.
pub const AUTHORIZATION: &str = "authorization";
/// The metadata of a link that carries the code of the dialling operator, so that the central bank
/// refuses an operator with another's secret before either ledger counts the attempt.
pub const OPERATOR: &str = "clearing-operator";
/// The prefix of the secret in the metadata.
const SCHEME: &str = "Bearer ";

/// A secret cannot be read or made.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The file or its folder cannot be used.
    #[error("cannot use the secret {path}: {source}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file does not hold a secret.
    #[error("{path} does not hold a secret of 64 hexadecimal digits", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// None of the places has a file.
    #[error("there is no secret in any of {places}")]
    Missing {
        /// The places.
        places: String,
    },
    /// The hashes in the ledger were made with a key other than the one in the folder, or the
    /// folder has none any more.
    #[error(
        "the ledger holds aliases hashed with another key than that of {path}: put the file back that was there \
         when they were linked",
        path = path.display()
    )]
    OtherKey {
        /// The file of the key.
        path: PathBuf,
    },
}

/// A secret as its 64 hexadecimal digits; never printed.
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads a secret from its file.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let text = fs::read_to_string(path)
            .map_err(|source| SecretError::File { path: path.to_owned(), source })?;
        let digits = text.trim();
        if digits.len() != 2 * BYTES || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(SecretError::Malformed { path: path.to_owned() });
        }
        Ok(Self(digits.to_ascii_lowercase()))
    }

    /// Reads a secret that no other user should be able to read.
    pub fn read_own(path: &Path) -> Result<Self, SecretError> {
        tighten(path);
        Self::read(path)
    }

    /// The bytes that the digits stand for.
    pub fn bytes(&self) -> [u8; BYTES] {
        let digit = |digit: u8| (char::from(digit).to_digit(16).unwrap_or_default() & 0xf) as u8;
        let mut bytes = [0; BYTES];
        for (byte, digits) in bytes.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            *byte = digit(digits[0]) << 4 | digit(digits[1]);
        }
        bytes
    }

    /// The value of the metadata `authorization` of a call.
    pub fn authorization(&self) -> String {
        format!("{SCHEME}{}", self.0)
    }

    fn hash(&self) -> blake3::Hash {
        blake3::hash(self.0.as_bytes())
    }

    /// Makes a secret from the randomness of the system and writes it to a file that no other user
    /// can read.
    pub fn make(path: &Path) -> io::Result<Self> {
        let secret = Self::make_unnamed(path)?;
        // The name, too, must survive a loss of power: the ledger may soon hold hashes made with
        // this key, which no new key can match.
        private::sync_folder_of(path)?;
        Ok(secret)
    }

    /// The same, but its name in the folder may not be on disk yet.
    fn make_unnamed(path: &Path) -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut bytes)?;
        let secret = Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        // Under another name first, so that an operator never reads half a secret.
        let unfinished = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        writeln!(file, "{}", secret.0)?;
        file.sync_all()?;
        fs::rename(unfinished, path)?;
        Ok(secret)
    }
}

/// The secrets of all operators at the central bank, as hashes: a comparison needs no more.
#[derive(Debug)]
pub struct Secrets(Vec<(OperatorCode, blake3::Hash)>);

impl Secrets {
    /// Reads the secret of each operator from a folder, and makes the missing ones.
    pub fn open(
        folder: &Path,
        operators: impl Iterator<Item = OperatorCode>,
    ) -> Result<Self, SecretError> {
        let failed = |path: &Path, source| SecretError::File { path: path.to_owned(), source };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| failed(folder, error))?;
        let mut made = false;
        let secret = |code: OperatorCode| {
            let path = folder.join(code.as_str());
            let secret = if path.exists() {
                Secret::read_own(&path)?
            } else {
                made = true;
                Secret::make_unnamed(&path).map_err(|error| failed(&path, error))?
            };
            Ok((code, secret.hash()))
        };
        let secrets = operators.map(secret).collect::<Result<_, _>>().map(Self)?;
        if made {
            fs::File::open(folder)
                .and_then(|names| names.sync_all())
                .map_err(|error| failed(folder, error))?;
        }
        Ok(secrets)
    }

    /// The operator whose secret a call carries. The time of the comparison does not depend on how
    /// much of the secret was right: all hashes are compared, each in full.
    pub fn owner(&self, authorization: &[u8]) -> Option<OperatorCode> {
        let presented = authorization.strip_prefix(SCHEME.as_bytes())?;
        let presented = blake3::hash(presented);
        let mut owner = None;
        for (code, hash) in &self.0 {
            // Equality of these hashes is in constant time.
            if *hash == presented {
                owner = Some(*code);
            }
        }
        owner
    }
}

/// Removes the rights of other users from a secret. Where that fails, such as on a read-only disk,
/// the secret is used as it is.
fn tighten(path: &Path) {
    let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode()).unwrap_or_default();
    if mode & 0o077 == 0 {
        return;
    }
    let (shown, mode) = (path.display(), mode & 0o777);
    match private::close(path) {
        Ok(()) => tracing::warn!(
            "others could read or change the secret {shown}: its mode was {mode:03o} and is 600"
        ),
        Err(error) => {
            tracing::warn!(%error, "others can read or change the secret {shown}: its mode is {mode:03o}, not 600");
        }
    }
}

/// The default folder of a central bank's secrets.
pub fn default_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("secrets")
}

/// The places of an operator's secret, in the order in which they are tried.
#[derive(Clone, Debug)]
pub struct SecretSource(Vec<PathBuf>);

impl SecretSource {
    /// The configured file and no other; without one `secret` in the operator's folder, else the
    /// file that a central bank in the folder beside it made.
    pub fn new(file: Option<PathBuf>, data_dir: &DataDir, code: OperatorCode) -> Self {
        if let Some(file) = file {
            return Self(vec![file]);
        }
        let root = data_dir.root().canonicalize().unwrap_or_else(|_| data_dir.root().to_owned());
        let beside = root
            .parent()
            .map(|parent| default_folder(&parent.join(CENTRAL_BANK_FOLDER)).join(code.as_str()));
        Self(std::iter::once(root.join("secret")).chain(beside).collect())
    }

    /// Another file in the folders of this one.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self(self.0.iter().map(|path| path.with_file_name(name)).collect())
    }

    /// Reads the secret again: it may have been made or corrected since.
    pub fn read(&self) -> Result<Secret, SecretError> {
        for path in &self.0 {
            match Secret::read(path) {
                Err(SecretError::File { source, .. })
                    if source.kind() == io::ErrorKind::NotFound => {}
                read => return read,
            }
        }
        let places: Vec<_> = self.0.iter().map(|path| path.display().to_string()).collect();
        Err(SecretError::Missing { places: places.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> [OperatorCode; 2] {
        ["ICBC", "ABC"].map(|code| code.parse().unwrap())
    }

    #[test]
    fn each_operator_has_a_secret_of_its_own_that_only_the_user_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("central-bank/secrets");
        let secrets = Secrets::open(&folder, codes().into_iter()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("ICBC"))), (0o700, 0o600));
        let [icbc, abc] = codes().map(|code| Secret::read(&folder.join(code.as_str())).unwrap());
        assert_eq!(secrets.owner(icbc.authorization().as_bytes()), Some(codes()[0]));
        assert_eq!(secrets.owner(abc.authorization().as_bytes()), Some(codes()[1]));
        fs::set_permissions(folder.join("ICBC"), Permissions::from_mode(0o664)).unwrap();
        let again = Secrets::open(&folder, codes().into_iter()).unwrap();
        assert_eq!(mode(&folder.join("ICBC")), 0o600);
        assert_eq!(again.owner(icbc.authorization().as_bytes()), Some(codes()[0]));
        assert!(!format!("{icbc:?}").contains(&icbc.0));
    }

    #[test]
    fn nothing_but_the_whole_secret_is_anybodys() {
        let directory = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(directory.path(), codes().into_iter()).unwrap();
        let right = Secret::read(&directory.path().join("ICBC")).unwrap().authorization();
        for wrong in [
            "",
            "Bearer ",
            &right[..right.len() - 1],
            &right[7..],
            &format!("{right}0"),
            "Bearer \u{e9}",
        ] {
            assert_eq!(secrets.owner(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_operator_looks_in_its_own_folder_and_then_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::lock(&directory.path().join("ICBC")).unwrap();
        let source = SecretSource::new(None, &data_dir, codes()[0]);
        let missing = source.read().unwrap_err().to_string();
        assert!(
            missing.contains("ICBC/secret, ") && missing.ends_with("central-bank/secrets/ICBC"),
            "{missing}"
        );
        let folder = default_folder(&directory.path().join("central-bank"));
        let secrets = Secrets::open(&folder, codes().into_iter()).unwrap();
        let owner = |source: &SecretSource| {
            secrets.owner(source.read().unwrap().authorization().as_bytes())
        };
        assert_eq!(owner(&source), Some(codes()[0]));
        fs::copy(folder.join("ABC"), data_dir.root().join("secret")).unwrap();
        assert_eq!(owner(&source), Some(codes()[1]));
        let named = SecretSource::new(Some(folder.join("ICBC")), &data_dir, codes()[1]);
        assert_eq!(owner(&named), Some(codes()[0]));
        fs::write(folder.join("ICBC"), "no secret").unwrap();
        assert!(matches!(named.read(), Err(SecretError::Malformed { .. })));
    }
}
