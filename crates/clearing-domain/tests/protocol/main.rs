//! The payment protocol between one central bank and its operators, in one process and one thread.

mod chaos;
mod checks;
mod config;
mod disk;
mod lockstep;
mod rng;
mod wall;
mod world;
