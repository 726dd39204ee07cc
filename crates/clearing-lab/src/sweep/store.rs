//! The folder of a sweep: its configuration, and a file for every finished point.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clearing_config::parse_table;

use crate::experiment::RunInfo;
use crate::files::FileError;

use super::row::PointResult;
use super::{Sweep, SweepError};

const CONFIG: &str = "config.toml";
const POINTS: &str = "points";
/// What a sweep writes once every point is there.
pub(super) const TABLES: [&str; 4] =
    ["sweep.parquet", "sweep.csv", "summary.csv", "differences.csv"];
/// What a stress test writes beside `summary.csv`.
const STRESS_TABLES: [&str; 6] = [
    "stress.parquet",
    "stress.csv",
    "summary.parquet",
    "participants.parquet",
    "participants.csv",
    "stress.html",
];

/// The folder of a sweep.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    id: String,
}

impl Store {
    /// Opens the folder of a sweep, or creates it. What another sweep left there is refused, or
    /// removed when it may be.
    pub(super) fn open(
        folder: &Path,
        sweep: &Sweep,
        info: &RunInfo,
        replace: bool,
    ) -> Result<Self, SweepError> {
        let store = Self { folder: folder.to_owned(), id: sweep.id() };
        let config = folder.join(CONFIG);
        let held = match fs::read_to_string(&config) {
            Ok(text) => Some(id_in(&text)),
            // Without a configuration nothing says whose files these are, so they are never
            // removed.
            Err(_) if holds_something(folder) => {
                return Err(SweepError::NotEmpty { folder: folder.to_owned() });
            }
            Err(_) => None,
        };
        match held {
            Some(None) => return Err(SweepError::NotEmpty { folder: folder.to_owned() }),
            Some(Some(_)) if replace => store.remove_results()?,
            Some(Some(id)) if id != store.id => {
                return Err(SweepError::Changed { folder: folder.to_owned() });
            }
            Some(Some(_)) | None => {}
        }
        let points = folder.join(POINTS);
        fs::create_dir_all(&points).map_err(FileError::of("cannot create", &points))?;
        // Written again at every start: the version that finishes the sweep is the one it names.
        store.replace_file(&config, sweep.to_toml(Some(info)).as_bytes())?;
        Ok(store)
    }

    fn remove_results(&self) -> Result<(), SweepError> {
        let points = self.folder.join(POINTS);
        if points.exists() {
            fs::remove_dir_all(&points).map_err(FileError::of("cannot remove", &points))?;
        }
        let names = TABLES.iter().chain(&STRESS_TABLES);
        let paths: Vec<_> = names.map(|name| self.folder.join(name)).collect();
        for path in paths.iter().filter(|path| path.exists()) {
            fs::remove_file(path).map_err(FileError::of("cannot remove", path))?;
        }
        Ok(())
    }

    /// The path of a file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn point_path(&self, point: usize) -> PathBuf {
        self.folder.join(POINTS).join(format!("{point}.json"))
    }

    /// The result of a point, if it is finished.
    pub(crate) fn read(&self, point: usize) -> Result<Option<PointResult>, SweepError> {
        let path = self.point_path(point);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::of("cannot read", &path)(error).into()),
        };
        let bad = |message: String| SweepError::PointFile { path: path.clone(), message };
        let result: PointResult =
            serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if (result.sweep.as_str(), result.point) != (self.id.as_str(), point) {
            return Err(bad(format!("it is of point {} of sweep {}", result.point, result.sweep)));
        }
        Ok(Some(result))
    }

    /// Writes the result of a point: all of it or nothing is seen.
    pub(super) fn write(&self, result: &PointResult) -> Result<(), SweepError> {
        let path = self.point_path(result.point);
        let bad = |error: serde_json::Error| SweepError::PointFile {
            path: path.clone(),
            message: error.to_string(),
        };
        let text = serde_json::to_string_pretty(result).map_err(bad)?;
        Ok(self.replace_file(&path, format!("{text}\n").as_bytes())?)
    }

    pub(crate) fn replace_file(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let failed = |error: io::Error| FileError::of("cannot write", path)(error);
        // A temporary file is its owner's alone; a result has the mode of any other new file.
        let mode = fs::Permissions::from_mode(0o666);
        let mut file =
            tempfile::Builder::new().permissions(mode).tempfile_in(&self.folder).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        // Synced before it gets its name, or a loss of power could leave an empty point that looks
        // finished.
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// The id that the points of the folder carry.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

fn holds_something(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// The id in the configuration that a sweep wrote.
fn id_in(text: &str) -> Option<String> {
    let table = parse_table(text).ok()?;
    table.get("grid")?;
    Some(table.get("run")?.get("id")?.as_str()?.to_owned())
}
