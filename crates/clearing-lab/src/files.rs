//! Files of the lab that are read and written whole, and an error that names them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clearing_node::ProgramError;
use thiserror::Error;

/// A file or a folder that cannot be read, written, created or removed.
#[derive(Debug, Error)]
#[error("{what} {path}: {source}", path = path.display())]
pub struct FileError {
    /// What was tried.
    what: &'static str,
    /// The file.
    path: PathBuf,
    /// Why not.
    source: io::Error,
}

impl FileError {
    /// Adds to an error what was tried with which file.
    pub(crate) fn of<E>(what: &'static str, path: &Path) -> impl FnOnce(E) -> Self
    where
        E: Into<io::Error>,
    {
        let path = path.to_owned();
        move |error| Self { what, path, source: error.into() }
    }
}

impl ProgramError for FileError {
    // Nothing is wrong with the machine where a file is missing: the command line names another.
    fn exit_code(&self) -> u8 {
        if self.source.kind() == io::ErrorKind::NotFound { 2 } else { 3 }
    }
}

/// Reads a text.
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(FileError::of("cannot read", path))
}

/// Creates a folder where there is none.
pub(crate) fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(FileError::of("cannot create", path))
}

/// Writes a text in the place of what the file held.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), FileError> {
    fs::write(path, text).map_err(FileError::of("cannot write", path))
}
