//! Tables on disk: cells are collected by column and written in groups of rows, as Parquet and as
//! CSV. Runs and sweeps write through it.

mod cells;
mod error;
mod files;

pub(crate) use cells::{Cells, Column, Kind};
pub(crate) use error::TableError;
pub(crate) use files::{CsvFile, ParquetFile};
