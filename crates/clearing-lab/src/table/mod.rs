//! Tables on disk: cells are collected by column and written in groups of rows, as Parquet and as
//! CSV, and read back from Parquet. Runs and sweeps write through it.

mod cells;
mod error;
mod files;
mod read;

pub(crate) use cells::{Cells, Column, Kind};
pub use error::TableError;
pub(crate) use files::{CsvFile, ParquetFile};
pub(crate) use read::{Group, Reader};
