use proptest::prelude::*;

use super::*;

/// Lengths around the ends of chunks.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![0..5_usize, CHUNK - 2..CHUNK + 3, 2 * CHUNK - 2..2 * CHUNK + 3, 0..5 * CHUNK]
}

/// Even numbers, so that odd ones are between them.
fn even(length: usize) -> Vec<usize> {
    (0..length).map(|place| 2 * place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn slots_read_as_a_vec_does(length in length(), place in 0..5 * CHUNK) {
        let list = even(length);
        let slots: Slots<usize, usize> = list.iter().copied().collect();
        prop_assert_eq!((slots.len(), slots.is_empty()), (list.len(), list.is_empty()));
        prop_assert_eq!(slots.get(place), list.get(place));
        prop_assert!(slots.iter().eq(&list) && slots.iter().rev().eq(list.iter().rev()));
        prop_assert!(slots.iter_from(place).eq(list.get(place..).unwrap_or_default()));
        prop_assert_eq!(slots.to_vec(), list);
    }

    #[test]
    fn slots_are_searched_as_a_vec_is(length in length(), key in 0..10 * CHUNK) {
        let list = even(length);
        let slots: Slots<usize, usize> = list.iter().copied().collect();
        let halved = |element: &usize| *element;
        prop_assert_eq!(slots.binary_search_by_key(&key, halved), list.binary_search_by_key(&key, halved));
    }

    #[test]
    fn a_change_at_a_place_is_seen_there_and_nowhere_else(length in length(), place in 0..5 * CHUNK) {
        let mut list = even(length);
        let mut slots: Slots<usize, usize> = list.iter().copied().collect();
        match (slots.get_mut(place), list.get_mut(place)) {
            (Some(here), Some(there)) => (*here, *there) = (7, 7),
            (here, there) => prop_assert_eq!(here, there),
        }
        if let Some(last) = length.checked_sub(1) {
            (slots[last], list[last]) = (9, 9);
            prop_assert_eq!(slots[last], 9);
        }
        prop_assert_eq!(slots.to_vec(), list);
    }
}

#[test]
fn elements_stay_where_they_are_while_the_list_grows() {
    let mut slots: Slots<usize, usize> = (0..CHUNK).collect();
    let places: Vec<*const usize> = slots.iter().map(std::ptr::from_ref).collect();
    slots.extend(CHUNK..100 * CHUNK);
    assert!(slots.iter().map(std::ptr::from_ref).take(CHUNK).eq(places));
}

#[test]
fn a_short_list_takes_little_and_a_full_chunk_no_more_than_its_elements() {
    let room = |slots: &Slots<usize, u64>| slots.chunks.iter().map(Vec::capacity).sum::<usize>();
    assert!(room(&(0..3).collect()) <= 4);
    assert_eq!(room(&(0..3 * CHUNK as u64).collect()), 3 * CHUNK);
}

slot! {
    /// A slot of its own.
    struct OwnSlot
}

#[test]
fn a_slot_is_its_number_and_none_takes_no_room() {
    for number in [0, 1, u32::MAX - 1] {
        assert_eq!(OwnSlot::from_number(number).number(), number);
    }
    // A list never comes to hold the last one, so what a client makes up is no element of it.
    assert_eq!(OwnSlot::from_number(u32::MAX).number(), u32::MAX - 1);
    assert_eq!(size_of::<Option<OwnSlot>>(), 4);
}

#[test]
fn an_element_is_found_by_the_slot_that_its_push_answered() {
    let mut slots = Slots::new();
    let places: Vec<OwnSlot> = (0..2 * CHUNK).map(|element| slots.push(element)).collect();
    assert!(places.iter().enumerate().all(|(element, slot)| slots[*slot] == element));
    assert!(slots.enumerate().map(|(slot, _)| slot).eq(places));
}
