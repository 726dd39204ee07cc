//! A card as a file: its key, its number, and what its chip counts.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clearing_card::{
    Certificate, Key, PUBLIC_BYTES, SEED_BYTES, SIGNATURE_BYTES, from_hex, to_hex,
};
use clearing_domain::money::{Amount, WalletNumber};
use toml::{Table, Value};

use crate::failure::Failure;

/// What a chip knows.
#[derive(Debug)]
pub(super) struct CardFile {
    path: PathBuf,
    seed: [u8; SEED_BYTES],
    /// The number and the issuer's signature, once the card is issued.
    pub(super) issued: Option<(WalletNumber, [u8; SIGNATURE_BYTES])>,
    /// How many vouchers it has signed.
    pub(super) counter: u64,
    /// What it may sign for still.
    pub(super) float: Amount,
}

impl CardFile {
    /// A card that is not issued yet.
    pub(super) fn new(path: &Path, seed: [u8; SEED_BYTES]) -> Self {
        Self { path: path.to_owned(), seed, issued: None, counter: 0, float: Amount::ZERO }
    }

    pub(super) fn key(&self) -> Key {
        Key::from_seed(&self.seed)
    }

    /// The number and the certificate of a card that is issued.
    pub(super) fn certificate(&self) -> Result<Certificate, Failure> {
        let missing = || self.wrong("is not certified yet: run clearing card certify");
        let (card, signature) = self.issued.ok_or_else(missing)?;
        Ok(Certificate { card, key: self.key().public(), signature })
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
        let wrong = |what: &str| Failure::usage(format!("{} {what}", path.display()));
        let table: Table = text.parse().map_err(|_| wrong("is no card: it is not TOML"))?;
        let field = |name: &str| table.get(name).and_then(Value::as_str);
        let seed = field("seed").and_then(|digits| from_hex(digits).ok());
        let seed = seed.ok_or_else(|| wrong("has no seed of 64 hexadecimal digits"))?;
        let counter = table.get("counter").and_then(Value::as_integer);
        let counter = counter.and_then(|counter| u64::try_from(counter).ok());
        let float = field("float").and_then(|text| text.parse().ok());
        let number = field("number").and_then(|text| text.parse().ok());
        let signature = field("certificate").and_then(|digits| from_hex(digits).ok());
        let issued = number.zip(signature);
        if issued.is_none() && (field("number").is_some() || field("certificate").is_some()) {
            return Err(wrong("has no number, or no certificate, of a card"));
        }
        Ok(Self {
            path: path.to_owned(),
            seed,
            issued,
            counter: counter.ok_or_else(|| wrong("has no counter"))?,
            float: float.ok_or_else(|| wrong("has no float in yuan"))?,
        })
    }

    /// Writes a new card, which must not overwrite another one: its key would be lost.
    pub(super) fn create(&self) -> Result<(), Failure> {
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(&self.path);
        let mut file = made.map_err(|error| {
            let is_there = error.kind() == ErrorKind::AlreadyExists;
            if is_there { self.wrong("is there already") } else { self.failed(&error) }
        })?;
        file.write_all(self.text().as_bytes()).map_err(|error| self.failed(&error))
    }

    /// Writes the card beside the file and over it, so that a crash leaves one of the two.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        let beside = PathBuf::from(name);
        let mut options = OpenOptions::new();
        let made = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
        let written = made.and_then(|mut file| {
            file.write_all(self.text().as_bytes())?;
            // A voucher must not leave the card before its counter is used up.
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        });
        written.map_err(|error| self.failed(&error))
    }

    fn text(&self) -> String {
        let mut table = Table::new();
        table.insert("seed".to_owned(), to_hex(&self.seed).into());
        if let Some((number, signature)) = &self.issued {
            table.insert("number".to_owned(), number.to_string().into());
            table.insert("certificate".to_owned(), to_hex(signature).into());
        }
        let counter = i64::try_from(self.counter).unwrap_or(i64::MAX);
        table.insert("counter".to_owned(), counter.into());
        table.insert("float".to_owned(), self.float.to_string().into());
        table.to_string()
    }

    pub(super) fn wrong(&self, what: &str) -> Failure {
        Failure::usage(self.sentence(what))
    }

    fn sentence(&self, what: &str) -> String {
        format!("{} {what}", self.path.display())
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::process(self.sentence(&format!("cannot be written: {error}")))
    }
}

/// Reads a public key.
pub(super) fn public_key(digits: &str) -> Result<[u8; PUBLIC_BYTES], Failure> {
    from_hex(digits).map_err(|error| Failure::usage(format!("the key of the issuer: {error}")))
}
