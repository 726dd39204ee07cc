//! Sets of payments.

/// A set of payments, each named by its place in [`crate::Config::plans`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ids(u8);

impl Ids {
    /// The set without members.
    pub const NONE: Self = Self(0);

    /// A set of one.
    pub const fn of(id: usize) -> Self {
        Self(1 << id)
    }

    /// Whether a payment is a member.
    pub const fn contains(self, id: usize) -> bool {
        self.0 & 1 << id != 0
    }

    /// Whether there is no member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many members there are.
    pub const fn len(self) -> u8 {
        self.0.count_ones() as u8
    }

    /// Adds a payment.
    pub fn insert(&mut self, id: usize) {
        self.0 |= 1 << id;
    }

    /// Takes a payment out.
    pub fn remove(&mut self, id: usize) {
        self.0 &= !(1 << id);
    }

    /// The members of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members of both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members that the other set does not have.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |id| self.contains(*id))
    }

    /// Every subset, the empty one first.
    pub fn subsets(self) -> impl Iterator<Item = Self> {
        (0..=self.0).filter(move |bits| bits & !self.0 == 0).map(Self)
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<usize> for Ids {
    fn from_iter<T: IntoIterator<Item = usize>>(ids: T) -> Self {
        let mut set = Self::NONE;
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}
