//! The numbers of operators in the roster, and lists with one element for each operator.

use std::fmt;
use std::ops::{Deref, DerefMut, Index, IndexMut};

/// The number of an operator in the roster, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorNumber(u16);

impl OperatorNumber {
    /// The highest possible number.
    pub const MAX: Self = Self(u16::MAX);
    /// The number of the first operator.
    pub const FIRST: Self = Self(0);

    /// The operator of a number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The operator at a place in a list of all operators; no roster is longer than the highest
    /// number.
    pub fn at(place: usize) -> Self {
        Self(u16::try_from(place).unwrap_or(u16::MAX))
    }

    /// Its number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Its place in a list of all operators.
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Its place, for lists that know participants by place.
impl From<OperatorNumber> for usize {
    fn from(number: OperatorNumber) -> Self {
        number.place()
    }
}

impl fmt::Display for OperatorNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A list with one element for each operator of the roster, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByOperator<T>(Vec<T>);

impl<T> ByOperator<T> {
    /// The same for every operator.
    pub fn filled(operators: usize, element: T) -> Self
    where
        T: Clone,
    {
        Self(vec![element; operators])
    }

    /// The numbers of all operators; they borrow nothing.
    pub fn numbers(&self) -> impl Iterator<Item = OperatorNumber> + use<T> {
        (0..self.0.len()).map(OperatorNumber::at)
    }

    /// The elements with the numbers of their operators.
    pub fn numbered(&self) -> impl Iterator<Item = (OperatorNumber, &T)> {
        self.numbers().zip(&self.0)
    }

    /// The element of an operator; `None` when the roster has no such number.
    pub fn of(&self, operator: OperatorNumber) -> Option<&T> {
        self.0.get(operator.place())
    }

    /// As [`Self::of`], to be changed.
    pub fn of_mut(&mut self, operator: OperatorNumber) -> Option<&mut T> {
        self.0.get_mut(operator.place())
    }
}

impl<T> From<Vec<T>> for ByOperator<T> {
    fn from(elements: Vec<T>) -> Self {
        Self(elements)
    }
}

impl<T> FromIterator<T> for ByOperator<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<T> Deref for ByOperator<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for ByOperator<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> Index<OperatorNumber> for ByOperator<T> {
    type Output = T;

    fn index(&self, operator: OperatorNumber) -> &T {
        &self.0[operator.place()]
    }
}

impl<T> IndexMut<OperatorNumber> for ByOperator<T> {
    fn index_mut(&mut self, operator: OperatorNumber) -> &mut T {
        &mut self.0[operator.place()]
    }
}

/// For algorithms that number participants by their places.
impl<T> Index<usize> for ByOperator<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place]
    }
}

impl<T> IndexMut<usize> for ByOperator<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.0[place]
    }
}

impl<'a, T> IntoIterator for &'a ByOperator<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut ByOperator<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}
