//! Files and folders that only their owner may read, because a ledger shows who paid whom.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Read and write for the owner.
const FILE: u32 = 0o600;
/// Read, write and entry for the owner.
const FOLDER: u32 = 0o700;

/// Creates a folder and the missing folders above it.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Options for opening a file that is private if they create it.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.mode(FILE);
    options
}

/// Creates a file that must not exist.
pub fn create(path: &Path) -> io::Result<File> {
    options().write(true).create_new(true).open(path)
}

/// Opens a file to append to it.
pub fn append(path: &Path) -> io::Result<File> {
    let file = options().create(true).append(true).open(path)?;
    close(path)?;
    Ok(file)
}

/// Replaces the content of a file, whole or not at all: after a full disk, a kill or a loss of
/// power the file has its earlier content.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, File::sync_all)?;
    sync_folder_of(path)
}

/// The same without a sync, for a file about a running process: a loss of power ends the process,
/// so the file need not survive it.
pub fn write_for_now(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, |_| Ok(()))
}

fn replace(path: &Path, text: &str, sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let mut file = options().create(true).write(true).truncate(true).open(&unfinished)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| sync(&file));
    written.and_then(|()| fs::rename(&unfinished, path)).inspect_err(|_| {
        // A half-written file would only occupy the disk that is full already.
        let _ = fs::remove_file(&unfinished);
    })
}

/// Syncs the name of a file: without this a loss of power may leave an earlier file of that name,
/// or none.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Removes the rights of other users from an existing file, such as one of an earlier version of
/// this program.
pub fn close(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            fs::set_permissions(path, Permissions::from_mode(FILE))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
